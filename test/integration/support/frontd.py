"""The real frontd: its own directory, ports chosen free, and an end at which everything is looked at."""

import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

from .certs import Certificates
from .ports import free_port, listening_ports
from .processes import program_of, session_processes
from .wait import wait_until


@functools.lru_cache(maxsize=None)
def build_directory():
    """$FRONTD_BUILD, or build/sanitized of this tree."""
    root = pathlib.Path(__file__).resolve().parents[3]
    build = pathlib.Path(os.environ.get("FRONTD_BUILD", root / "build/sanitized")).resolve()
    if not build.is_dir():
        raise AssertionError(f"{build} is not there: build first, or set FRONTD_BUILD")
    return build


@functools.lru_cache(maxsize=None)
def binary():
    """The program under test."""
    for path in (build_directory() / "frontd", build_directory() / "proxy/process/frontd"):
        if os.access(path, os.X_OK) and path.is_file():
            return path
    raise AssertionError(f"no program frontd in {build_directory()}")


@functools.lru_cache(maxsize=None)
def is_sanitized():
    """Whether the program under test was built with a sanitizer (and so takes more memory and time)."""
    options = json.loads((build_directory() / "meson-info/intro-buildoptions.json").read_text())
    return next(o["value"] for o in options if o["name"] == "b_sanitize") != "none"


class Frontd:
    """One configuration in one directory (`home`, also the prefix). In the text, @name@ stands for a
    free port, the same one everywhere; @home@ for the directory; @cert@ and @key@ for a certificate
    for localhost, and @cert:NAME@, @key:NAME@ for one for the host NAME; anything in `values` for
    itself."""

    def __init__(self, text, values=None):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="frontd-test-"))
        self.home.chmod(0o755)  # the workers are somebody else
        for name, mode in (("logs", 0o755), ("certs", 0o755), ("sanitizer", 0o1777)):
            (self.home / name).mkdir()
            (self.home / name).chmod(mode)
        self.certificates = Certificates(self.home / "certs")
        self.config_path = self.home / "frontd.conf"
        self.values = {key: str(value) for key, value in (values or {}).items()}
        self.values["home"] = str(self.home)
        self.process = None
        self.program = None  # another than binary()
        self.wrapper = []  # words before the program's: whom it runs as, what it runs under
        self.write_config(text)

    # The configuration

    def write_config(self, text):
        """What every test needs is put on the first line, so that line numbers stay as they are."""
        first = [
            words
            for name, words in (
                ("daemon", "daemon off;"),
                ("pid", "pid logs/frontd.pid;"),
                ("error_log", "error_log logs/error.log info;"),
                ("events", "events { worker_connections 4000; }"),
            )
            if not re.search(rf"^\s*{name}\b", text, re.M)
        ]
        filled = re.sub(r"@([a-z_0-9]+(?::[^@\s]+)?)@", lambda match: self._value(match[1]), text)
        self.config_path.write_text(" ".join(first) + " " + filled, encoding="utf-8")

    def port(self, name):
        """The port that @name@ stands for."""
        return int(self._value(name))

    def file(self, name, content=""):
        """Writes a file below the prefix (a page of a static site, …); returns its path."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def _value(self, name):
        if name not in self.values:
            kind, _, host = name.partition(":")
            if kind in ("cert", "key"):
                suffix = ":" + host if host else ""
                names = (host,) if host else ("localhost", "127.0.0.1", "::1")
                made = self.certificates.make(host or "default", names)
                self.values["cert" + suffix], self.values["key" + suffix] = made
            else:
                self.values[name] = str(free_port())
        return self.values[name]

    def _listens(self):
        return {int(port) for port in re.findall(r"\blisten\s+[^;]*?(\d+)[\s;]", self.config_path.read_text())}

    # The program

    def command(self, *arguments, check=True, timeout=60):
        """Runs `frontd -p PREFIX -c FILE ARGUMENTS…` and returns what subprocess.run returns."""
        result = subprocess.run(
            self._words(*arguments),
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
        if check and result.returncode != 0:
            raise AssertionError(
                f"frontd {' '.join(arguments)} ended with {result.returncode}:\n"
                f"{result.stdout}{result.stderr}\n{self.describe()}"
            )
        return result

    def start(self):
        with open(self.home / "output", "ab") as output:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                self._words(),
                cwd=self.home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that its children are found again: processes()
            )
        wait_until(self._is_ready, self.describe, timeout=20)
        return self

    def reload(self, text=None, check=True):
        """`frontd -s reload`, with another configuration if one is given."""
        if text is not None:
            self.write_config(text)
        return self.command("-s", "reload", check=check)

    def reopen(self, check=True):
        return self.command("-s", "reopen", check=check)

    def quit(self, check=True):
        """`frontd -s quit`; returns when the whole of it has ended."""
        result = self.command("-s", "quit", check=check)
        self.wait()
        return result

    def signal(self, number):
        """Sends a signal to the master."""
        self.process.send_signal(number)

    def wait(self, timeout=30):
        """Waits for the master's end, and returns its exit status."""
        return self.process.wait(timeout)

    def _words(self, *arguments):
        return [*self.wrapper, str(self.program or binary()), "-p", f"{self.home}/", "-c", str(self.config_path), *arguments]

    def _environment(self):
        report = self.home / "sanitizer/report"
        environment = dict(os.environ)
        environment["ASAN_OPTIONS"] = f"log_path={report}:detect_leaks=1:abort_on_error=0"
        environment["UBSAN_OPTIONS"] = f"log_path={report}:print_stacktrace=1:halt_on_error=1"
        environment.pop("FRONTD_SOCKET", None)  # it is below the prefix
        return environment

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"frontd ended at its start with {self.process.returncode}\n{self.describe()}")
        return self._listens() <= listening_ports() and self._pid_path().exists()

    def _pid_path(self):
        """The file that is written once the workers serve."""
        return self.home / re.search(r"\bpid\s+([^;\s]+)\s*;", self.config_path.read_text())[1]

    # Its processes

    def processes(self):
        """Every process of this frontd that is alive: pid → its command line's name."""
        return {pid: name for pid, (name, _) in session_processes(self.process.pid).items()}

    def workers(self):
        """The pids of the workers."""
        return self._children("frontd-worker")

    def keyholders(self):
        """The pids of the key holders: one for each generation that has keys."""
        return self._children("frontd-keyholder")

    def _children(self, program):
        children = session_processes(self.process.pid).items()
        return sorted(pid for pid, (_, parent) in children
                      if parent == self.process.pid and program_of(pid) == program)

    # What it writes

    def log(self, name="error.log"):
        path = self.home / "logs" / name
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def log_lines(self, name="error.log"):
        return self.log(name).splitlines()

    def json_log(self, name):
        """The objects of a log of JSON lines."""
        return [json.loads(line) for line in self.log_lines(name)]

    def wait_for_log(self, pattern, name="error.log", since=0, timeout=10.0):
        """The match of the regular expression in the log; waits for it. `since`: len(log()) before."""
        return wait_until(
            lambda: re.search(pattern, self.log(name)[since:], re.M),
            lambda: f"{pattern!r} in {name}:\n{self.log(name)[since:]}",
            timeout,
        )

    def wait_for_json(self, name, condition=lambda line: True, timeout=10.0):
        """The first object of the log for which condition(object) is true."""
        return wait_until(
            lambda: next((line for line in self.json_log(name) if condition(line)), None),
            lambda: f"a line in {name}:\n{self.log(name)}",
            timeout,
        )

    def output(self):
        """What it wrote to standard output and standard error."""
        path = self.home / "output"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def describe(self):
        """Everything that explains a failure."""
        parts = [f"--- {self.config_path}:\n{self.config_path.read_text()}", f"--- output:\n{self.output()}"]
        parts += [f"--- {path.name}:\n{path.read_text('utf-8', 'replace')[-6000:]}"
                  for path in sorted((self.home / "logs").iterdir()) if path.is_file()]
        return "\n".join(parts + self._reports())

    # The end

    def stop(self):
        """Ends it, and fails if it does not end well: by itself, with status 0, all of it, without a
        word from a sanitizer."""
        problems = []
        if self.process is not None:
            problems += self._end()
        problems += self._reports()
        explanation = self.describe()
        shutil.rmtree(self.home)
        if problems:
            raise AssertionError("\n".join(problems) + "\n" + explanation)

    def _end(self):
        problems = []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
            if status != 0:
                problems.append(f"frontd ended with status {status}")
        except subprocess.TimeoutExpired:
            problems.append("frontd did not end within 20 s of SIGTERM")
        end = time.monotonic() + 5
        while self.processes() and time.monotonic() < end:
            time.sleep(0.02)
        for pid, name in self.processes().items():
            problems.append(f"process {pid} ({name}) was left over")
            os.kill(pid, signal.SIGKILL)
        self.process.wait(5)
        return problems

    def _reports(self):
        """What sanitizers and ensure() said: in files of their own, or where the process's standard
        error went. The master starts another worker, so nothing else would show it."""
        words = re.compile(r"^.*(?:Sanitizer: |runtime error: |broken invariant).*$", re.M)
        said = [
            f"--- {path.name}: {line}"
            for path in [self.home / "output", *sorted((self.home / "logs").iterdir())]
            if path.is_file()
            for line in words.findall(path.read_text("utf-8", "replace"))
        ]
        return said + [
            f"--- sanitizer, {path.name}:\n{path.read_text('utf-8', 'replace')}"
            for path in sorted((self.home / "sanitizer").iterdir())
            if path.stat().st_size > 0
        ]
