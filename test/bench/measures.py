"""What is measured: each row one kind of work, with the budget that frontd has for it."""

import dataclasses
import json
import re
import statistics
import subprocess
import time
from typing import Callable, Optional

import idle_http2
import logins
from servers import GuardedFrontd, pinned

KIND_RATIO = "ratio"  # the budget is a share of what nginx takes
KIND_LIMIT = "limit"  # the budget is a figure


@dataclasses.dataclass
class Measure:
    name: str
    title: str
    unit: str
    run: Callable  # (bench, server) → figure
    budget: Optional[float] = None  # None: for information
    kind: str = KIND_RATIO
    rounds: Optional[int] = None  # None: as many as the command line says
    also: Optional[str] = None  # another figure that run() notes with bench.note()
    only: Optional[str] = None  # the only server that is asked


def cpu_per_unit(port, *load, scale=1e6, per="done", also=None):
    """CPU time of all processes of the server for one unit of that load, in units of 1/scale s."""

    def run(bench, server):
        bench.load(server, port, *load, seconds=min(0.3, bench.seconds))  # what is cold warms up
        before = server.cpu_seconds()
        result = bench.load(server, port, *load, seconds=bench.seconds)
        time.sleep(0.1)  # the ends of connections are part of the unit
        spent = server.cpu_seconds() - before
        bench.must_be_clean(server, result)
        if "--resume" in load and result["resumed"] + bench.connections < result["done"]:
            raise AssertionError(f"{server.name}: {result['resumed']} of {result['done']} resumed")
        if also:
            bench.note(also, server, result["p50_us"] / 1000)
        return spent * scale / result[per]

    return run


def cpu_per_request_h2(path):
    """The same over HTTP/2, with h2load: 8 connections of 16 streams each."""

    def load(bench, server, seconds):
        url = f"https://127.0.0.1:{server.ports['tls']}{path}"
        words = pinned(1, ["h2load", "-c", "8", "-m", "16", "--warm-up-time", "0", "-D", str(seconds), url])
        output = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=120, check=True).stdout
        done, failed = re.search(r" (\d+) done, \d+ succeeded, (\d+) failed, 0 errored", output).groups()
        bench.must_be_clean(server, {"done": int(done), "failed": int(failed)})
        return int(done)

    def run(bench, server):
        load(bench, server, 1)  # what is cold warms up
        before = server.cpu_seconds()
        done = load(bench, server, max(1, round(bench.seconds)))
        return (server.cpu_seconds() - before) * 1e6 / done

    return run


def idle_kib(port, *load):
    """What one connection takes that has made a request and then says nothing. In a server of its own."""

    def run(bench, server):
        with bench.fresh(server):
            bench.load(server, port, *load, "--path", "/1k.txt", seconds=0.3)
            before = server.memory_kib("Pss_Anon", "Pss_Shmem")
            count = bench.idle_connections
            words = bench.load_words(server, "idle", port, *load, "--path", "/1k.txt")
            words += ["--connections", str(count), "--seconds", "60"]
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
                assert holder.stdout.readline() == "ready\n"
                time.sleep(0.5)
                after = server.memory_kib("Pss_Anon", "Pss_Shmem")
                holder.stdin.close()
                bench.must_be_clean(server, json.loads(holder.stdout.read()))
            return (after - before) / count

    return run


def idle_h2_kib(bench, server):
    """The same of HTTP/2 over TLS."""
    with bench.fresh(server):
        for connection in idle_http2.hold(server.ports["tls"], "/1k.txt", 50):  # what is cold warms up
            connection.close()
        time.sleep(0.5)
        before = server.memory_kib("Pss_Anon", "Pss_Shmem")
        connections = idle_http2.hold(server.ports["tls"], "/1k.txt", bench.idle_connections // 4)
        time.sleep(0.5)
        after = server.memory_kib("Pss_Anon", "Pss_Shmem")
        for connection in connections:
            connection.close()
        return (after - before) / len(connections)


def start_mib(bench, server):
    with bench.fresh(server):
        return server.memory_kib("Pss") / 1024


def reload_failures(bench, server):
    """Requests that failed in 20 reloads with 16 keep-alive clients over TLS, proxied."""
    words = bench.load_words(server, "http", "tls", "--tls", "--path", "/proxied")
    words += ["--seconds", str(bench.reloads * 0.5 + 1)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as load:
        for _ in range(bench.reloads):
            time.sleep(0.5)
            server.reload()
        result = json.loads(load.communicate(timeout=60)[0])
    if result["done"] == 0:
        raise AssertionError(f"{server.name} answered nothing: {result}")
    return result["failed"]


def p99_under_logins(bench, server):
    """p99 of static requests while forty logins are computed all the time, divided by that without; both
    in turns, the worker and the hashes on the same CPU."""
    del server
    guarded = GuardedFrontd(bench.home, bench.values, logins.PASSWORDS)
    figures = {False: [], True: []}
    guarded.start()
    try:
        for number in range(bench.login_rounds):
            for flooded in (False, True) if number % 2 == 0 else (True, False):
                figures[flooded].append(_p99(bench, guarded, flooded))
    finally:
        guarded.stop()
    return statistics.median(figures[True]) / statistics.median(figures[False])


def _p99(bench, server, flooded):
    flood = logins.Logins(server.ports["plain"], "/private") if flooded else None
    try:
        if flood:
            time.sleep(0.5)
        result = bench.load(server, "plain", *_STATIC, seconds=bench.seconds)
    finally:
        if flood:
            flood.close()
    bench.must_be_clean(server, result)
    return result["p99_us"]


_STATIC = ("http", "--path", "/1k.txt")
_PROXIED = ("http", "--path", "/proxied")
_CLOSE = ("http", "--tls", "--close", "--path", "/1k.txt")
_BULK = ("http", "--path", "/100m.bin", "--connections", "1")
_PER_GIB = 2.0**30
_MESSAGE = ("smtp", "--starttls", "--size", "10485760", "--connections", "1")

MEASURES = [
    Measure("static", "static 1 KiB, keep-alive", "µs", cpu_per_unit("plain", *_STATIC), 0.80),
    Measure("language", "the same with regexes, variables, an if", "µs", cpu_per_unit("language", *_STATIC), 1.0),
    Measure("static-tls", "static 1 KiB, keep-alive, TLS", "µs", cpu_per_unit("tls", *_STATIC, "--tls"), 0.85),
    Measure("proxy", "proxied 1 KiB, keep-alive", "µs", cpu_per_unit("plain", *_PROXIED), 0.95),
    Measure("proxy-tls", "proxied 1 KiB, keep-alive, TLS", "µs", cpu_per_unit("tls", *_PROXIED, "--tls"), 0.92),
    Measure("h2", "static 1 KiB, HTTP/2", "µs", cpu_per_request_h2("/1k.txt"), 0.30),
    Measure("h2-proxy", "proxied 1 KiB, HTTP/2", "µs", cpu_per_request_h2("/proxied"), 0.65),
    Measure("full", "full handshake, ECDSA P-256, one request", "µs", cpu_per_unit("tls", *_CLOSE), 0.95),
    Measure("resumed", "resumed handshake, one request", "µs", cpu_per_unit("tls", *_CLOSE, "--resume"), 1.0),
    Measure(
        "smtp",
        "SMTP session, STARTTLS, XCLIENT, 4 KiB",
        "µs",
        cpu_per_unit("smtp", "smtp", "--starttls", "--size", "4096", also="smtp-latency"),
        0.70,
    ),
    Measure("smtp-latency", "  its latency, p50, 16 at a time", "ms", None, 0.25),
    Measure(
        "message",
        "10 MiB message over TLS",
        "s/GiB",
        cpu_per_unit("smtp", *_MESSAGE, scale=_PER_GIB, per="bytes"),
        0.80,
    ),
    Measure("bulk", "100 MiB file", "s/GiB", cpu_per_unit("plain", *_BULK, scale=_PER_GIB, per="bytes")),
    Measure(
        "bulk-tls",
        "100 MiB file, TLS",
        "s/GiB",
        cpu_per_unit("tls", *_BULK, "--tls", scale=_PER_GIB, per="bytes"),
        0.85,
    ),
    Measure("logins", "p99 of static requests under 40 logins", "", p99_under_logins, 1.2, KIND_LIMIT, 1, only="frontd"),
    Measure("idle-tls", "an idle TLS connection", "KiB", idle_kib("tls", "--tls"), 14.5, KIND_LIMIT, 1),
    Measure("idle-h2", "an idle HTTP/2 connection, TLS", "KiB", idle_h2_kib, 30, KIND_LIMIT, 1),
    Measure("idle", "an idle plaintext connection", "KiB", idle_kib("plain"), 0.6, KIND_LIMIT, 1),
    Measure("start", "all processes at start", "MiB", start_mib, 12.0, KIND_LIMIT, 1),
    Measure("reload", "requests failed in 20 reloads", "", reload_failures, 0, KIND_LIMIT, 1),
]


def load_words(program, server, kind, port, *words):
    return pinned(1, [str(program), kind, str(server.ports[port]), *words])
