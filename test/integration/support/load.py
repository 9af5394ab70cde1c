"""Load from the benchmark's generator (test/bench), which counts what fails."""

import json
import subprocess

from .frontd import build_directory
from .ports import free_port


def _program():
    return str(build_directory() / "test/bench/bench-load")


class Load:
    """`bench-load KIND PORT WORDS…`, running from now until finish()."""

    def __init__(self, kind, port, *words):
        self.name = f"{kind} {' '.join(words)}"
        command = [_program(), kind, str(port), "--seconds", "600", *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def finish(self):
        """Lets what is under way finish; returns the counts, "done" and "failed" among them."""
        self._process.terminate()
        output, _ = self._process.communicate(timeout=60)
        return json.loads(output)

    def wait(self, timeout=150):
        """Waits until its --units are done; returns the counts."""
        output, _ = self._process.communicate(timeout=timeout)
        return json.loads(output)

    def close(self):
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


class FastBackend:
    """`bench-load serve-http` or `serve-smtp`: answers everything, and quickly."""

    def __init__(self, kind, *words):
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        command = [_program(), f"serve-{kind}", str(self.port), *words]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout.readline() == "ready\n"

    def stop(self):
        self._process.kill()
        self._process.communicate()

    errors = ()
