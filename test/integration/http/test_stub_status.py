"""stub_status: nginx's page, summed over all workers, kept over reloads; and the variables of the same numbers."""

import re

from support.http2 import Http2Client
from support.nginx import Nginx
from support.wait import wait_until

SITE = """
worker_processes 2;
error_log logs/error.log info;
http {
    access_log off;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@h2@ http2;
        location / { return 204; }
        location = /status { stub_status; }
        location = /old { stub_status on; }
        location = /numbers {
            default_type text/plain;
            return 200 "$connections_active $connections_reading $connections_writing $connections_waiting";
        }
    }
}
"""

PAGE = re.compile(rb"Active connections: (\d+) \nserver accepts handled requests\n (\d+) (\d+) (\d+) \n"
                  rb"Reading: (\d+) Writing: (\d+) Waiting: (\d+) \n")
NAMES = ("active", "accepts", "handled", "requests", "reading", "writing", "waiting")


def ask(connect, port, path="/status", method="GET"):
    peer = connect(port)
    peer.send(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = peer.read_response()
    peer.close()
    return answer


def numbers(connect, port, path="/status"):
    answer = ask(connect, port, path)
    found = PAGE.fullmatch(answer.body)
    assert answer.status == 200 and found, answer
    return dict(zip(NAMES, map(int, found.groups())))


def test_the_page_is_nginx_s(frontd_files, connect):
    proxy = frontd_files(re.sub(r".*http2;\n", "", SITE)).start()
    nginx = Nginx(proxy)
    try:
        for path in ("/status", "/old"):
            for port in (proxy.port("http"), nginx.port):
                # its own; the connection before may still be closing
                wait_until(lambda: numbers(connect, port, path)["writing"] == 1,  # pylint: disable=cell-var-from-loop
                           "nobody else writes")
                answer = ask(connect, port, path)
                assert answer.field("content-type") == "text/plain"
                assert ask(connect, port, path, "POST").status == 405
    finally:
        nginx.stop()


def states(found):
    return {name: found[name] for name in ("active", "reading", "writing", "waiting")}


def test_all_workers_are_summed_up(frontd_files, connect):
    proxy = frontd_files(SITE).start()
    port = proxy.port("http")
    before = numbers(connect, port)
    peers = [connect(port) for _ in range(10)]
    for peer in peers[:5]:
        assert peer.request("/").status == 204
    peers[9].send("GET / HT")
    expected = {"active": 11, "reading": 1, "writing": 1, "waiting": 9}
    asked = []

    def is_there():
        asked.append(numbers(connect, port))
        return states(asked[-1]) == expected

    wait_until(is_there, lambda: f"{asked[-1:]} {proxy.describe()}")
    first, count = asked[-1], len(asked)
    for _ in range(8):  # whichever worker answers; the connection before may still be closing in another
        wait_until(is_there, lambda: f"{asked[-1:]} {proxy.describe()}")
        assert asked[-1]["accepts"] == asked[-1]["handled"] == first["accepts"] + len(asked) - count
        assert asked[-1]["requests"] == first["requests"] + len(asked) - count
    assert asked[-1]["accepts"] == before["accepts"] + 10 + len(asked)
    assert asked[-1]["requests"] == before["requests"] + 6 + len(asked)
    wait_until(lambda: ask(connect, port, "/numbers").body == b"11 1 1 9", proxy.describe)
    for peer in peers:
        peer.close()
    wait_until(lambda: states(numbers(connect, port)) == {"active": 1, "reading": 0, "writing": 1, "waiting": 0},
               proxy.describe)


def test_reloads_keep_what_was_counted(frontd_files, connect):
    proxy = frontd_files(SITE).start()
    port = proxy.port("http")
    for _ in range(5):
        before = numbers(connect, port)
    proxy.reload()
    after = numbers(connect, port)
    assert [after[name] - before[name] for name in ("accepts", "handled", "requests")] == [1, 1, 1]
    assert after["writing"] == 1


def test_streams_of_http2_are_written_and_idle_connections_wait(frontd_files, connect):
    proxy = frontd_files(SITE).start()
    client = Http2Client(proxy.port("h2"))
    for _ in range(2):
        assert client.get(path="/numbers", scheme="http").body == b"1 0 1 0", "over the same connection"
    assert states(numbers(connect, proxy.port("http"))) == {"active": 2, "reading": 0, "writing": 1, "waiting": 1}
    client.close()


def test_the_variables_alone_are_enough(frontd_files, connect):
    text = re.sub(r".*stub_status.*\n", "", SITE)
    proxy = frontd_files(text).start()
    assert ask(connect, proxy.port("http"), "/numbers").body == b"1 0 1 0"
