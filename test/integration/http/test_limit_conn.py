"""limit_conn and limit_conn_ip: how many requests may be under way, over all workers, whatever becomes of one."""

import os
import re
import signal
import time

import pytest
from support.wait import wait_until

SITE = """
worker_processes @workers@;
error_log logs/error.log info;
http {
    limit_conn_zone $arg_k zone=keys:1m;
    limit_conn_zone $host zone=hosts:1m;
    server {
        listen 127.0.0.1:@http@;
        location / { limit_conn keys 2; proxy_pass http://@backend@; }
        location /status { limit_conn keys 1; limit_conn_status 429; limit_conn_log_level warn; proxy_pass http://@backend@; }
        location /dry { limit_conn keys 1; limit_conn_dry_run on; proxy_pass http://@backend@; }
        location /ip { limit_conn_ip 3; proxy_pass http://@backend@; }
        location /free { proxy_pass http://@backend@; }
    }
}
"""


@pytest.fixture
def slow(scripted_backend):
    """A backend that answers when it is asked for /quick, and else only when its end comes."""
    def script(peer):
        while True:
            try:
                head = peer.read_until(b"\r\n\r\n")
            except (AssertionError, OSError):
                return  # frontd needs it no more
            if b"quick" in head:
                peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            else:
                peer.expect_end()
                return

    return scripted_backend(script)


def start(frontd_files, slow, workers=1):
    return frontd_files(SITE, workers=workers, backend=slow.address).start()


def hold(connect, proxy, path, source="127.0.0.1"):
    """A request that stays under way."""
    peer = connect(proxy.port("http"), source=source)
    peer.send_request(path)
    peer.expect_silence(0.2)
    return peer


def ask(connect, proxy, path, source="127.0.0.1"):
    peer = connect(proxy.port("http"), source=source)
    peer.send_request(path)
    return peer.read_response().status


def test_one_too_many_is_refused_until_another_ends(frontd_files, slow, connect):
    proxy = start(frontd_files, slow)
    first = hold(connect, proxy, "/a?k=x")
    hold(connect, proxy, "/a?k=x")
    assert ask(connect, proxy, "/a?k=x") == 503
    assert ask(connect, proxy, "/quick?k=y") == 200, "another key"
    assert ask(connect, proxy, "/quick") == 200, "no key"
    assert ask(connect, proxy, "/status?k=x") == 429
    assert ask(connect, proxy, "/dry/quick?k=x") == 200
    assert re.search(r'\[error\].* limiting connections by zone "keys", client: ', proxy.log())
    assert re.search(r'\[warn\].* limiting connections by zone "keys", client: ', proxy.log())
    assert 'limiting connections, dry run, by zone "keys"' in proxy.log()
    first.close()
    wait_until(lambda: ask(connect, proxy, "/quick?k=x") == 200, proxy.describe)


def test_answered_requests_are_not_counted_on(frontd_files, slow, connect):
    proxy = start(frontd_files, slow)
    peer = connect(proxy.port("http"))
    for _ in range(20):
        peer.send_request("/quick?k=x")
        assert peer.read_response().status == 200


def test_addresses_are_told_apart(frontd_files, slow, connect):
    proxy = start(frontd_files, slow)
    for _ in range(3):
        hold(connect, proxy, "/ip")
    assert ask(connect, proxy, "/ip/quick") == 503
    assert ask(connect, proxy, "/ip/quick", "127.0.0.2") == 200
    assert ask(connect, proxy, "/free/quick") == 200


def test_all_workers_count_together_and_one_that_is_killed_counts_no_more(frontd_files, slow, connect):
    proxy = start(frontd_files, slow, workers=3)
    before = time.monotonic()
    for _ in range(2):
        hold(connect, proxy, "/a?k=x")
    assert [ask(connect, proxy, "/quick?k=x") for _ in range(10)] == [503] * 10
    old = proxy.workers()
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(proxy.workers()) == 3 and not set(old) & set(proxy.workers()), proxy.describe)

    def answers():
        try:
            return ask(connect, proxy, "/quick?k=x") == 200
        except (AssertionError, OSError):
            return False

    wait_until(answers, proxy.describe)
    assert time.monotonic() - before < 60


def test_requests_of_an_old_generation_still_count(frontd_files, slow, connect):
    proxy = start(frontd_files, slow)
    for _ in range(2):
        hold(connect, proxy, "/a?k=x")
    old = set(proxy.workers())
    proxy.reload()
    wait_until(lambda: set(proxy.workers()) - old, proxy.describe)
    assert ask(connect, proxy, "/quick?k=x") == 503


def test_what_is_wrong_stops_the_start(frontd_files):
    for text, words in (
        ("limit_conn nowhere 3;", "there is no limit_conn_zone `nowhere`"),
        ("limit_conn_zone $host zone=a:1m; limit_conn a 0;", "no number from 1 to 65535"),
        ("limit_conn_zone $host a:1m;", "needs zone="),
        ("limit_conn_ip 0;", "limit_conn_ip"),
    ):
        result = frontd_files("http { %s server { listen 127.0.0.1:@http@; } }" % text).command("-t", check=False)
        assert result.returncode == 1 and words in result.stdout + result.stderr, text
