"""limit_req: the same requests are refused as by nginx, whichever worker gets them, whatever becomes of it."""

import collections
import os
import re
import signal
import subprocess
import time

from support.wait import wait_until

SITE = """
worker_processes @workers@;
error_log logs/error.log info;
http {
    access_log off;
    limit_req_zone $arg_k zone=slow:32k rate=1r/m;
    limit_req_zone $arg_k zone=other:32k rate=2r/m;
    limit_req_zone $arg_q zone=quick:@size@ rate=5r/s;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        location /one { limit_req zone=slow; }
        location /burst { limit_req zone=slow burst=3 nodelay; }
        location /teapot { limit_req zone=slow; limit_req_status 429; limit_req_log_level warn; }
        location /dry { limit_req zone=slow; limit_req_dry_run on; }
        location /two { limit_req zone=slow burst=5 nodelay; limit_req zone=other burst=1 nodelay; }
        location /wait { limit_req zone=quick burst=3; }
        location /late { limit_req zone=quick burst=3 delay=2; }
        location /returns { limit_req zone=slow; return 200 x; }
        location /directory/ { limit_req zone=slow burst=1 nodelay; }
        location /free { }
    }
}
"""

PATHS = ["one", "burst", "teapot", "dry", "two", "returns", "directory/", "free"]


def prepare(frontd_files, workers=1, size="32k"):
    proxy = frontd_files(SITE, workers=workers, size=size)
    for path in (*PATHS, "wait", "late"):
        proxy.file("www/" + (path + "index.html" if path.endswith("/") else path), path)
    return proxy


def ask(port, *paths):
    """The statuses, each on a connection of its own."""
    return [int(subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "30",
                                f"http://127.0.0.1:{port}/{path}"], capture_output=True, check=True).stdout)
            for path in paths]


def limiting(text, port):
    return re.findall(r"\[(\w+)\] \d+#\d+: \*\d+ (limiting .*|delaying .*)$", text.replace(f":{port}", ":PORT"), re.M)


def without_excess(lines):
    return [(level, re.sub(r"excess: [\d.]+", "excess", words)) for level, words in lines]


def test_nginx_refuses_the_same(frontd_files, nginx):
    proxy = prepare(frontd_files).start()
    beside = nginx(proxy)
    seen = collections.Counter()
    for path in PATHS:
        for key in ("", f"?k={path}", f"?k={path}2"):
            requests = [path + key] * 7
            its = ask(beside.port, *requests)
            assert ask(proxy.port("http"), *requests) == its, path
            seen.update(its)
    assert set(seen) == {200, 429, 503} and min(seen.values()) > 5
    ours = limiting(proxy.log(), proxy.port("http"))
    its = limiting(beside.log_path.read_text(), beside.port)
    assert len(ours) > 20 and without_excess(ours) == without_excess(its)


def test_later_requests_wait(frontd_files):
    proxy = prepare(frontd_files).start()
    start = time.monotonic()
    assert ask(proxy.port("http"), *["wait?q=a"] * 4) == [200] * 4
    assert time.monotonic() - start > 0.5, "three intervals of 200 ms, less what curl took"
    assert "delaying request, excess:" in proxy.log()
    start = time.monotonic()
    command = ["curl", "-s", "-Z", "--parallel-immediate", "-o", "/dev/null", "-w", "%{http_code}\n"]
    urls = [f"http://127.0.0.1:{proxy.port('http')}/late?q=b&{i}" for i in range(6)]
    words = [word for url in urls for word in ("-o", "/dev/null", url)]
    codes = subprocess.run([*command, *words], capture_output=True, check=True).stdout.split()
    assert collections.Counter(codes)[b"503"] >= 1


def test_who_hangs_up_while_waiting_is_let_go(frontd_files, connect):
    proxy = prepare(frontd_files).start()
    ask(proxy.port("http"), "wait?q=c")
    for _ in range(3):
        peer = connect(proxy.port("http"))
        peer.send_request("/wait?q=c")
        peer.close()
    assert ask(proxy.port("http"), "free") == [200]
    wait_until(lambda: proxy.log().count("delaying") == 3, proxy.describe)


def test_all_workers_count_together_and_one_that_is_killed_leaves_no_lock(frontd_files):
    proxy = prepare(frontd_files, workers=3).start()
    port = proxy.port("http")
    assert collections.Counter(ask(port, *["burst?k=x"] * 20)) == {200: 4, 503: 16}
    old = proxy.workers()
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(proxy.workers()) == 3 and not set(old) & set(proxy.workers()), proxy.describe)
    wait_until(lambda: subprocess.run(["curl", "-s", "-o", "/dev/null", f"http://127.0.0.1:{port}/free"],
                                      check=False).returncode == 0, proxy.describe)
    assert ask(port, *["burst?k=x"] * 5) == [503] * 5, "what was counted still counts"
    assert collections.Counter(ask(port, *["burst?k=y"] * 20)) == {200: 4, 503: 16}


def test_a_reload_keeps_the_counts_of_a_zone_that_stays_the_same(frontd_files):
    proxy = prepare(frontd_files, workers=2).start()
    port = proxy.port("http")
    assert ask(port, "one?k=x", "one?k=x") == [200, 503]
    for name, expected in (("zone=slow:32k rate=1r/m", [503]), ("zone=slow:64k rate=1r/m", [200])):
        old = set(proxy.workers())
        proxy.reload(SITE.replace("zone=slow:32k rate=1r/m", name))
        wait_until(lambda old=old: not old & set(proxy.workers()), proxy.describe)
        assert ask(port, "one?k=x") == expected


def test_what_is_wrong_stops_the_start(frontd_files):
    for text, words in (
        ("limit_req_zone $host zone=a:1k rate=1r/s;", "32k to 1g"),
        ("limit_req_zone $host zone=a:1m rate=1r/h;", "is no rate"),
        ("limit_req_zone $host zone=a:1m rate=0r/s;", "is no rate"),
        ("limit_req_zone $host zone=a:1m sync;", "of NGINX Plus alone"),
        ("limit_req zone=nowhere;", "there is no limit_req_zone `nowhere`"),
        ("limit_req_zone $host zone=a:1m rate=1r/s; limit_req zone=a burst=99999;", "no number up to 16000"),
        ("limit_req_zone $host zone=a:1m rate=1r/s; limit_req zone=a; limit_req zone=a;", "limits here already"),
        ("limit_req_status 200;", "limit_req_status"),
    ):
        result = frontd_files("http { %s server { listen 127.0.0.1:@http@; } }" % text).command("-t", check=False)
        assert result.returncode == 1 and words in result.stdout + result.stderr, text
