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

