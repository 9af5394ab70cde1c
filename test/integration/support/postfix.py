"""A private Postfix: Debian's programs with a configuration (conf/postfix), a queue and a log of their
own. The machine's own Postfix, if there is one, is neither read nor touched. conf/quickstart uses it
too."""

import email
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from .ports import free_port, listening_ports
from .wait import wait_until

_TEMPLATES = pathlib.Path(__file__).resolve().parents[3] / "conf/postfix"
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
        try:
            self._write()
            self.start()
        except BaseException:
            shutil.rmtree(self.home)
            raise

    def _write(self):
        for name in ("etc", "queue", "data", "mail"):
            (self.home / name).mkdir()
        shutil.chown(self.home / "data", "postfix")
        shutil.chown(self.home / "mail", 65534, 65534)
        for name in ("main.cf", "master.cf"):
            text = (_TEMPLATES / name).read_text(encoding="ascii")
            text = text.replace("@home@", str(self.home)).replace("@port@", str(self.port))
            (self.home / "etc" / name).write_text(text, encoding="ascii")
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
