"""A private Postfix: Debian's programs with a configuration, a queue and a log of their own. The
machine's own Postfix, if there is one, is neither read nor touched."""

import email
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from .ports import free_port, listening_ports
from .wait import wait_until

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C POSTLOG_SERVICE POSTLOG_HOSTNAME
inet_interfaces = 127.0.0.1, [::1]
inet_protocols = all
myhostname = postfix.example.test
mydestination =
mynetworks = 127.0.0.1/32 [::1]/128
smtpd_relay_restrictions = permit_mynetworks reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_authorized_xclient_hosts = 127.0.0.0/8 [::1]/128
smtpd_discard_ehlo_keywords =
smtpd_peername_lookup = yes
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_forbid_bare_newline = yes
smtpd_error_sleep_time = 0
smtputf8_enable = yes
virtual_mailbox_domains = example.test
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = texthash:{home}/mailboxes
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
virtual_mailbox_limit = 0
message_size_limit = 209715200
local_transport = error:no local delivery
default_transport = error:nothing leaves this machine
alias_maps =
local_recipient_maps =
queue_run_delay = 5s
minimal_backoff_time = 5s
"""

# service type private unpriv chroot wakeup maxproc command: Postfix's own master.cf, without what
# would send mail elsewhere.
_MASTER = """\
{port}    inet  n       -       n       -       200     smtpd
pickup    unix  n       -       n       60      1       pickup
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       discard
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
verify    unix  -       -       n       -       1       verify
flush     unix  n       -       n       1000?   0       flush
proxymap  unix  -       -       n       -       -       proxymap
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
discard   unix  -       -       n       -       -       discard
virtual   unix  -       n       n       -       -       virtual
anvil     unix  -       -       n       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
"""

_MAILBOXES = ("user", "other", "postmaster")


class Postfix:
    """`address` and `port` are its SMTP port. Mail to user@, other@ and postmaster@example.test is
    delivered (messages()); other recipients there do not exist, and elsewhere is relaying."""

    def __init__(self):
        # Not in pytest's directories: Postfix's users must be able to enter.
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="frontd-postfix-"))
        self.home.chmod(0o755)
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log_path = self.home / "mail.log"
        self._write()
        self.start()

    def _write(self):
        for name in ("etc", "queue", "data", "mail"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        shutil.chown(self.home / "mail", 65534, 65534)
        etc = self.home / "etc"
        (etc / "main.cf").write_text(_MAIN.format(home=self.home), encoding="ascii")
        (etc / "master.cf").write_text(_MASTER.format(port=self.port), encoding="ascii")
        (self.home / "mailboxes").write_text(
            "".join(f"{name}@example.test {name}/\n" for name in _MAILBOXES), encoding="ascii"
        )

    def start(self):
        self._control("start")
        wait_until(lambda: self.port in listening_ports(), self.log, timeout=30)

    def stop(self):
        """At once, as `postfix abort` does; the mail that is queued stays."""
        pid = self._master_pid()
        self._control("abort")
        if pid:
            wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "Postfix's master ends", timeout=20)

    def is_running(self):
        return self.port in listening_ports()

    def close(self):
        self.stop()
        shutil.rmtree(self.home)

    def log(self):
        return self.log_path.read_text("utf-8", "replace") if self.log_path.exists() else ""

    def log_position(self):
        """To give to wait_for_log: what was logged before does not count."""
        return len(self.log())

    def wait_for_log(self, pattern, since=0, timeout=10.0):
        """The match of the regular expression in the log; waits for it."""
        return wait_until(
            lambda: re.search(pattern, self.log()[since:]),
            lambda: f"{pattern!r} in Postfix's log:\n{self.log()[since:]}",
            timeout,
        )

    def message_paths(self, mailbox="user"):
        return sorted((self.home / "mail" / mailbox / "new").glob("*"), key=lambda p: p.stat().st_mtime)

    def messages(self, mailbox="user"):
        """What was delivered, as email.message.Message."""
        return [email.message_from_bytes(path.read_bytes()) for path in self.message_paths(mailbox)]

    def wait_for_message(self, text, mailbox="user", timeout=10.0):
        """The delivered message (bytes) that contains `text`."""
        needle = text.encode() if isinstance(text, str) else text

        def find():
            return next((c for c in (p.read_bytes() for p in self.message_paths(mailbox)) if needle in c), None)

        return wait_until(find, lambda: f"a message with {text!r}; log:\n{self.log()}", timeout)

    def forget(self):
        """Deletes what was delivered."""
        for mailbox in _MAILBOXES:
            for path in self.message_paths(mailbox):
                path.unlink()

    def _master_pid(self):
        try:
            return int((self.home / "queue/pid/master.pid").read_text().strip())
        except (FileNotFoundError, ValueError):
            return None

    def _control(self, word):
        result = subprocess.run(
            ["postfix", "-c", str(self.home / "etc"), word],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if result.returncode != 0:
            raise AssertionError(f"postfix {word}: {result.stdout}{result.stderr}\n{self.log()}")


def main():
    """Starts one, prints what a person needs, and waits: for trying things out by hand."""
    postfix = Postfix()
    try:
        print(f"Postfix listens on {postfix.address}; log: {postfix.log_path}")
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
    finally:
        postfix.close()


if __name__ == "__main__":
    main()
