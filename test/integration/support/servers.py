"""Real servers that stand behind frontd in the tests, each with a directory and a port of its own."""

import pathlib
import shutil
import subprocess
import tempfile

from .ports import free_port, listening_ports
from .wait import wait_until


class Server:
    """A program in the foreground. Subclasses write what it needs into `home` and give its words."""

    def __init__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="frontd-server-"))
        self.home.chmod(0o755)
        self.port = free_port()
        self.process = None

    def words(self):
        raise NotImplementedError

    def start(self):
        with open(self.home / "output", "ab") as output:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self.words(), cwd=self.home, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        wait_until(lambda: self.port in listening_ports(), self.output, timeout=30)
        return self

    def output(self):
        return (self.home / "output").read_text("utf-8", "replace")

    def close(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)


class Radicale(Server):
    """A CalDAV server. The user "user" has the password "secret"."""

    def words(self):
        (self.home / "users").write_text("user:secret\n", encoding="ascii")
        (self.home / "config").write_text(
            f"[server]\nhosts = 127.0.0.1:{self.port}\n"
            f"[auth]\ntype = htpasswd\nhtpasswd_filename = {self.home}/users\nhtpasswd_encryption = plain\n"
            f"[storage]\nfilesystem_folder = {self.home}/collections\n[web]\ntype = none\n",
            encoding="ascii",
        )
        return ["/usr/bin/python3", "-B", "-m", "radicale", "--config", str(self.home / "config")]

    def calendars(self):
        """The texts of all events that it keeps."""
        return [path.read_text("utf-8") for path in self.home.glob("collections/collection-root/user/*/*.ics")]


class WebDav(Server):
    """Debian's Apache with mod_dav; everything below / is a share, and below /dav/ the same one."""

    MODULES = "mpm_event authz_core dav dav_fs dav_lock alias"

    def words(self):
        for name in ("share", "lock"):
            (self.home / name).mkdir()
            shutil.chown(self.home / name, "www-data", "www-data")
        self.home.chmod(0o755)
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in self.MODULES.split())
        (self.home / "conf").write_text(
            f"""{modules}
ServerRoot {self.home}
ServerName localhost
User www-data
Group www-data
Listen 127.0.0.1:{self.port}
PidFile {self.home}/pid
ErrorLog {self.home}/error.log
DavLockDB {self.home}/lock/db
DocumentRoot {self.home}/share
Alias /dav {self.home}/share
<Directory {self.home}/share>
Dav On
Require all granted
</Directory>
""",
            encoding="ascii",
        )
        return ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(self.home / "conf")]


class Dovecot(Server):
    """IMAP for the user "user" with the password "secret", whose mailbox is `mailbox`."""

    def __init__(self):
        super().__init__()
        self.mailbox = self.home / "mail"
        for name in ("cur", "new", "tmp"):
            (self.mailbox / name).mkdir(parents=True)

    def deliver(self, name, text):
        (self.mailbox / "new" / name).write_text(text, encoding="utf-8")

    def words(self):
        for path in (self.mailbox, *self.mailbox.iterdir()):
            shutil.chown(path, "nobody", "nogroup")
        (self.home / "users").write_text("user:{PLAIN}secret\n", encoding="ascii")
        (self.home / "conf").write_text(
            f"""
base_dir = {self.home}/run
log_path = {self.home}/output
protocols = imap
ssl = no
listen = 127.0.0.1
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{self.mailbox}
passdb {{
    driver = passwd-file
    args = {self.home}/users
}}
userdb {{
    driver = static
    args = uid=nobody gid=nogroup home={self.home}
}}
service imap-login {{
    inet_listener imap {{
        port = {self.port}
    }}
    inet_listener imaps {{
        port = 0
    }}
}}
""",
            encoding="ascii",
        )
        return ["/usr/sbin/dovecot", "-F", "-c", str(self.home / "conf")]


_ROUNDCUBE = """<?php
$config['db_dsnw'] = 'sqlite:///@home@/roundcube.db?mode=0640';
$config['imap_host'] = '127.0.0.1:@imap@';
$config['des_key'] = 'a-key-of-twenty-four-byt';
$config['log_dir'] = '@home@';
$config['temp_dir'] = '@home@';
$config['plugins'] = [];
$config['skin'] = 'elastic';
$config['language'] = 'en_US';
"""


class Roundcube(Server):
    """The webmail of Debian, in PHP's own server. `imap_port`: where its IMAP server is."""

    def __init__(self, imap_port):
        super().__init__()
        self.imap_port = imap_port

    def words(self):
        text = _ROUNDCUBE.replace("@home@", str(self.home)).replace("@imap@", str(self.imap_port))
        (self.home / "config.inc.php").write_text(text, encoding="ascii")
        for name in ("defaults.inc.php", "mimetypes.php"):
            shutil.copy(f"/etc/roundcube/{name}", self.home)
        return [
            "/usr/bin/env",
            f"ROUNDCUBE_CONFIG_DIR={self.home}",
            "PHP_CLI_SERVER_WORKERS=4",
            *("php", "-S", f"127.0.0.1:{self.port}", "-t", "/var/lib/roundcube/public_html"),
        ]


class WebSocketEcho(Server):
    """Sends each message back."""

    def words(self):
        (self.home / "echo.py").write_text(
            f"""
import asyncio, websockets
async def echo(socket):
    async for message in socket:
        await socket.send(message)
async def main():
    async with websockets.serve(echo, "127.0.0.1", {self.port}):
        await asyncio.Future()
asyncio.run(main())
""",
            encoding="ascii",
        )
        return ["/usr/bin/python3", "-B", str(self.home / "echo.py")]
