"""access_log with buffer=, gzip, flush= and if=; log_redact."""

import gzip
import os
import signal
import subprocess

from support.wait import wait_until

SITE = """
worker_processes @workers@;
http {
    log_format short '$remote_addr $request_uri';
    log_format whole '$request "$http_referer" $args $arg_b $cookie_c "$http_cookie"';
    server {
        listen 127.0.0.1:@http@;
        location / { access_log logs/@name@ short @how@; return 200 x; }
        location /off { access_log off; return 200 x; }
        location /if { access_log logs/if.log short if=$arg_log; access_log logs/all.log short; return 200 x; }
        location /text { access_log logs/text.log short if=$arg_a$arg_b; return 200 x; }
        location /redact { access_log logs/redact.log whole; log_redact query cookie; deny all; }
        location /redact/cookie { access_log logs/cookie.log whole; log_redact cookie; allow all; }
    }
}
"""


def ask(proxy, *paths, fields=()):
    urls = [f"http://127.0.0.1:{proxy.port('http')}/{path}" for path in paths]
    words = [word for field in fields for word in ("-H", field)]
    subprocess.run(["curl", "-s", "--max-time", "20", *words, *urls], stdout=subprocess.DEVNULL, check=True)


def start(frontd_files, how="", name="a.log", workers=1):
    return frontd_files(SITE, how=how, name=name, workers=workers).start()


def members(data):
    """How many gzip members there are; fails if what is there is not whole members."""
    count = 0
    while data:
        unpacker = gzip.zlib.decompressobj(31)
        unpacker.decompress(data)
        assert unpacker.eof, "a torn member"
        data = unpacker.unused_data
        count += 1
    return count


def test_lines_wait_until_the_buffer_is_full(frontd_files):
    proxy = start(frontd_files, "buffer=4k")
    ask(proxy, *[f"line{i:03}" for i in range(100)])  # 100 × 18 bytes
    assert proxy.log("a.log") == ""
    ask(proxy, *["long" * 100 + f"/{i:03}" for i in range(10)])
    wait_until(lambda: proxy.log("a.log").count("\n") > 100, proxy.describe)
    assert proxy.log("a.log").endswith("\n"), "whole lines only"
    proxy.quit()
    assert len(proxy.log_lines("a.log")) == 110


def test_flush_bounds_the_wait(frontd_files):
    proxy = start(frontd_files, "buffer=64k flush=300ms")
    ask(proxy, "one")
    wait_until(lambda: proxy.log("a.log") == "127.0.0.1 /one\n", proxy.describe)
    ask(proxy, "two", "three")
    wait_until(lambda: len(proxy.log_lines("a.log")) == 3, proxy.describe)


def test_a_line_longer_than_the_buffer_is_written_at_once(frontd_files):
    proxy = start(frontd_files, "buffer=4k")
    ask(proxy, "short", "x" * 5000)
    wait_until(lambda: len(proxy.log_lines("a.log")) == 2, proxy.describe)
    assert proxy.log_lines("a.log")[0] == "127.0.0.1 /short"


def test_gzip_writes_whole_members(frontd_files):
    proxy = start(frontd_files, "gzip=6 flush=200ms", "a.log.gz")
    path = proxy.home / "logs/a.log.gz"
    wait_until(lambda: path.stat().st_size == 20, "an empty member of an empty file")
    assert subprocess.run(["zcat", path], capture_output=True, check=True).stdout == b""
    for i in range(3):
        ask(proxy, *[f"round{i}/{k}" for k in range(50)])
        wait_until(lambda i=i: gzip.decompress(path.read_bytes()).count(b"\n") == 50 * (i + 1), proxy.describe)
    assert members(path.read_bytes()) >= 4
    text = subprocess.run(["zcat", path], capture_output=True, check=True).stdout
    assert text.splitlines()[0] == b"127.0.0.1 /round0/0"


def test_busybox_reads_it_too(frontd_files):
    proxy = start(frontd_files, "gzip flush=200ms", "a.log.gz")
    path = proxy.home / "logs/a.log.gz"
    for i in range(4):
        ask(proxy, *[f"round{i}/{k}" for k in range(40)])
        wait_until(lambda i=i: gzip.decompress(path.read_bytes()).count(b"\n") == 40 * (i + 1), proxy.describe)
    text = subprocess.run(["busybox", "zcat", path], capture_output=True, check=True).stdout
    assert text.count(b"\n") == 160


def test_reopen_writes_to_the_old_file_first(frontd_files):
    proxy = start(frontd_files, "gzip", "a.log.gz")
    path = proxy.home / "logs/a.log.gz"
    ask(proxy, "before")
    os.rename(path, path.with_suffix(".old"))
    proxy.reopen()
    wait_until(lambda: path.exists() and path.stat().st_size == 20, "the new file begins with an empty member")
    assert gzip.decompress(path.with_suffix(".old").read_bytes()) == b"127.0.0.1 /before\n"
    ask(proxy, "after")
    proxy.quit()
    assert gzip.decompress(path.read_bytes()) == b"127.0.0.1 /after\n"
    assert gzip.decompress(path.with_suffix(".old").read_bytes()) == b"127.0.0.1 /before\n"


def test_a_reload_and_a_stop_lose_nothing(frontd_files):
    proxy = start(frontd_files, "gzip", "a.log.gz", workers=2)
    path = proxy.home / "logs/a.log.gz"
    ask(proxy, *[f"one/{i}" for i in range(20)])
    old = set(proxy.workers())
    proxy.reload()
    wait_until(lambda: not old & set(proxy.workers()), proxy.describe)
    assert gzip.decompress(path.read_bytes()).count(b"\n") == 20
    ask(proxy, *[f"two/{i}" for i in range(20)])
    proxy.signal(signal.SIGTERM)
    proxy.wait()
    assert gzip.decompress(path.read_bytes()).count(b"\n") == 40
    members(path.read_bytes())


def test_if_decides_line_by_line(frontd_files):
    proxy = start(frontd_files)
    ask(proxy, "if?log=1&n=1", "if?log=0&n=2", "if?n=3", "if?log=00&n=4", "if?log=&n=5", "off")
    ask(proxy, "text?a=0&b=0", "text?a=0", "text")
    wait_until(lambda: len(proxy.log_lines("all.log")) == 5, proxy.describe)
    assert [line[-1] for line in proxy.log_lines("if.log")] == ["1", "4"]
    assert proxy.log_lines("text.log") == ["127.0.0.1 /text?a=0&b=0"]


def test_redact_hides_queries_and_cookies(frontd_files):
    proxy = start(frontd_files)
    fields = ["Referer: http://a/?token=1", "Cookie: c=secret; d=e"]
    ask(proxy, "redact?a=1&b=2", "redact", "redact/cookie?b=2", fields=fields)
    wait_until(lambda: len(proxy.log_lines("cookie.log")) == 1, proxy.describe)
    assert proxy.log_lines("redact.log") == ['GET /redact?* HTTP/1.1 "http://a/?*" * * * "*"',
                                             'GET /redact HTTP/1.1 "http://a/?*" - - * "*"']
    assert proxy.log("cookie.log") == 'GET /redact/cookie?b=2 HTTP/1.1 "http://a/?token=1" b=2 2 * "*"\n'
    assert 'request: "GET /redact?* HTTP/1.1"' in proxy.log() and "token" not in proxy.log()
