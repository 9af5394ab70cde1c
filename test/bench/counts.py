"""What one unit of work makes a worker do: instructions in user space, system calls.

Time on a shared machine wanders by a third; counts do not, and say within one per cent what a change costs. The
load is one connection, one unit after the other; what a connection costs beside its units is taken out by counting
few units and many. System calls are counted by strace, instructions by valgrind, under which frontd has no
sandbox. Other processes than the worker are left out."""

import collections
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from servers import pinned
from support.wait import wait_until


@dataclasses.dataclass
class Count:
    name: str
    load: tuple  # words of bench-load; or "h2" and a path
    few: int
    many: int


_SMTP = ("smtp", "smtp", "--starttls", "--size")

COUNTS = [
    Count("static", ("http", "plain", "--path", "/1k.txt"), 20, 120),
    Count("language", ("http", "language", "--path", "/1k.txt"), 20, 120),
    Count("static-tls", ("http", "tls", "--tls", "--path", "/1k.txt"), 20, 120),
    Count("proxy", ("http", "plain", "--path", "/proxied"), 20, 120),
    Count("proxy-tls", ("http", "tls", "--tls", "--path", "/proxied"), 20, 120),
    Count("h2", ("h2", "/1k.txt"), 160, 960),
    Count("h2-proxy", ("h2", "/proxied"), 160, 960),
    Count("smtp", (*_SMTP, "4096"), 5, 25),
    Count("message", (*_SMTP, "10485760"), 1, 2),
]

_SYSCALL = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$")
_FUNCTION = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(?:.*:)?([^:\[]+?)(?: \[(.*)\])?$")


def run(bench, names, functions):
    """Counts and prints; `functions`: the most expensive ones, so many."""
    chosen = [count for count in COUNTS if count.name in names]
    calls = {(count.name, server.name): _calls(bench, server, count) for count in chosen for server in bench.servers}
    with tempfile.TemporaryDirectory(prefix="frontd-counts-") as directory:
        os.chmod(directory, 0o777)
        for server in bench.servers:
            server.stop()
            _prepare_for_valgrind(bench, server, directory)
        for count in chosen:
            for server in bench.servers:
                steps = _instructions(bench, server, count, pathlib.Path(directory))
                _print(count, server, sum(steps.values()), calls[count.name, server.name])
                print("".join(f"    {value:10.0f}  {name}\n" for name, value in steps.most_common(functions)), end="")


def _print(count, server, figure, calls):
    words = ", ".join(f"{name} {value:.2f}".replace(".00", "") for name, value in calls.most_common())
    print(f"{count.name:10} {server.name:8} {figure:10.0f} instructions {sum(calls.values()):7.2f} calls: {words}", flush=True)


def _load(bench, server, load, units):
    """Makes the server do so many units, over one connection."""
    kind, *rest = load
    if kind == "h2":
        words = ["h2load", "-c", "1", "-m", "16", "-n", str(units), f"https://127.0.0.1:{server.ports['tls']}{rest[0]}"]
        output = subprocess.run(pinned(1, words), stdout=subprocess.PIPE, text=True, timeout=600, check=True).stdout
        assert f" {units} succeeded" in output, output
    else:
        port, *rest = rest
        result = bench.load_once(server, kind, port, *rest, "--connections", "1", "--units", str(units), seconds=600)
        bench.must_be_clean(server, result)
        assert result["done"] == units, result
    time.sleep(0.3)  # the ends of connections are part of the unit


def _worker(server):
    """nginx forks it, frontd executes it."""
    found = [pid for pid in server.processes() if pid != server.leader() and not _is_other(pid)]
    assert len(found) == 1, (server.name, found)
    return found[0]


def _is_other(pid):
    with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as words:
        return any(word.endswith(("frontd-keyholder", "frontd-relay", "frontd-auth")) for word in words.read().split("\0"))


def _per_unit(counted, count):
    """The difference of counted(units) for few units and many, for one."""
    few = counted(count.few)
    many = counted(count.many)
    many.subtract(few)
    units = count.many - count.few
    return collections.Counter({name: value / units for name, value in many.items() if value})


def _calls(bench, server, count):
    _load(bench, server, count.load, 2)  # what is cold warms up

    def counted(units):
        with tempfile.NamedTemporaryFile("r", encoding="ascii") as report:
            words = ["strace", "-f", "-c", "-o", report.name, "-p", str(_worker(server))]
            with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as tracer:
                assert "attached" in tracer.stderr.readline()
                _load(bench, server, count.load, units)
                tracer.terminate()
                tracer.stderr.read()
            rows = (_SYSCALL.match(line) for line in report)
            return collections.Counter({row[2]: int(row[1]) for row in rows if row and row[2] != "total"})

    return _per_unit(counted, count)


def _prepare_for_valgrind(bench, server, directory):
    """It will run as nobody from the start, because its processes write what was counted."""
    text = server.config_path.read_text(encoding="ascii")
    if server.name != "nginx":
        server.config_path.write_text("isolation best-effort;\n" + text, encoding="ascii")
    for path in (bench.home, *bench.home.rglob("*")):
        shutil.chown(path, "nobody", "nogroup")
    valgrind = ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes", "--trace-children-skip=*keyholder*,*relay*"]
    server.wrapper = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *valgrind]
    server.wrapper.append(f"--callgrind-out-file={directory}/{server.name}.%p")


def _answers(bench, server):
    result = bench.load_once(server, "http", "plain", "--path", "/1k.txt", "--connections", "1", "--units", "1", seconds=30)
    return result["done"] == 1


def _instructions(bench, server, count, directory):
    """Those of one unit, by function."""

    def counted(units):
        server.start()
        wait_until(lambda: _answers(bench, server), f"{server.name} answers under valgrind", timeout=60)
        _load(bench, server, count.load, units)
        report = directory / f"{server.name}.{_worker(server)}"
        server.stop()
        return _functions(report)

    return _per_unit(counted, count)


def _functions(report):
    words = ["callgrind_annotate", "--threshold=100", "--auto=no", report]
    output = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = collections.Counter()
    for row in map(_FUNCTION.match, output.splitlines()):
        if row and row[2] != "PROGRAM TOTALS":
            found[f"{row[2]} ({pathlib.Path(row[3] or '').name})"] += int(row[1].replace(",", ""))
    return found
