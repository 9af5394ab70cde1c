"""What clients do that they should not, and what becomes of it."""

import base64
import re
import time

import pytest
from support.processes import memory_kib
from support.wire import client_tls

CONFIG = """
mail {
    server_name edge.example.test;
    access_log logs/mail.json;
    auth_log logs/auth.log;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    server {
        listen 127.0.0.1:@smtp@;
        starttls on;
        smtp_auth none;
        proxy_pass @backend@;
    }
    server {
        listen 127.0.0.1:@smtps@ ssl;
        proxy_pass @backend@;
    }
    server {
        listen 127.0.0.1:@delayed@;
        smtp_greeting_delay 1s;
        proxy_pass @backend@;
    }
    server {
        listen 127.0.0.1:@only@;
        starttls only;
        proxy_pass @backend@;
    }
}
"""

REFUSED = "^5.7.0 try again with a different username and password$"


@pytest.fixture(name="backend")
def _backend(smtp_backend):
    return smtp_backend()


@pytest.fixture(name="edge")
def _edge(frontd, backend):
    return frontd(CONFIG, backend=backend.address)


def greet(connect, edge, name="smtp", **options):
    peer = connect(edge.port(name), **options)
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    return peer


def encoded(*parts):
    return base64.b64encode(b"\0".join(parts)).decode()


def test_a_private_client_is_not_vouched_for(edge, backend, connect):
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 250)
    assert backend.sessions[-1].xclient["ADDR"] == "[UNAVAILABLE]"
    assert backend.sessions[-1].xclient["NAME"] == "[UNAVAILABLE]"
    assert backend.sessions[-1].lines[1].startswith(b"XCLIENT ADDR=")


def test_logins_are_logged_line_by_line_and_refused_after_three_seconds(edge, backend, connect):
    peer = greet(connect, edge)
    began = time.monotonic()
    peer.command(f"AUTH PLAIN {encoded(b'', b'user', b'pass word')}", 535, REFUSED)
    assert 2.9 < time.monotonic() - began < 5
    peer.command("AUTH LOGIN", 334, "^VXNlcm5hbWU6$")
    peer.command(encoded(b"bob"), 334, "^UGFzc3dvcmQ6$")
    peer.command(encoded(b"<script>]\n\xc3\xa9"), 535, REFUSED)
    lines = edge.log_lines("auth.log")
    stamp = r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"
    assert re.fullmatch(stamp + r" smtp auth plain \[user\] \[pass%20word\] from 127\.0\.0\.1", lines[0])
    assert re.fullmatch(stamp + r" smtp auth plain \[bob\] \[%3Cscript%3E%5D%0A%C3%A9\] from 127\.0\.0\.1", lines[1])
    assert all(len(line.split(" ")) == 9 for line in lines)
    assert all("EHLO" not in session.verbs[1:] for session in backend.sessions)
    peer.command("NOOP", 250)


def test_odd_logins_are_answered_and_not_logged(edge, connect):
    for argument in ("=", encoded(b"x"), encoded(b"x", b"y"), encoded(b"", b"a", b"b", b""), "???", "A" * 9000 + "?"):
        peer = greet(connect, edge)
        peer.command(f"AUTH PLAIN {argument}", 501, "^5.5.2 ")
        peer.command("NOOP", 250)
        peer.close()
    assert edge.log("auth.log") == ""


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_a_browser_is_shown_out(tls, edge, backend, connect):
    peer = connect(edge.port("smtps" if tls else "smtp"), tls=tls)
    peer.expect_reply(220)
    peer.send("POST / HTTP/1.1\r\nHost: mail\r\nContent-Length: 60\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n")
    peer.expect_reply(221)
    peer.expect_end()
    assert all(set(session.verbs) <= {"EHLO", "QUIT"} for session in backend.sessions)


def test_a_tls_hello_on_a_plaintext_port_is_dropped_at_once(edge, connect):
    peer = connect(edge.port("smtp"))
    peer.expect_reply(220)
    peer.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    peer.expect_end()


def test_nothing_of_a_client_comes_back_to_it(edge, connect):
    peer = connect(edge.port("smtp"))
    peer.expect_reply(220)
    peer.send("EHLO <script>\r\nMAIL FROM:<<script>>\r\n<script>\r\nVRFY\r\nRCPT <script>\r\nSTARTTLS <script>\r\n")
    assert b"script" not in peer.read_to_end()


@pytest.mark.parametrize("injected", ["NOOP\r\n", "MAIL FR", "EHLO evil\r\nMAIL FROM:<x@y>\r\n"])
def test_nothing_is_taken_from_the_clear_into_tls(injected, edge, backend, connect):
    peer = greet(connect, edge)
    peer.send("STARTTLS\r\n" + injected)
    peer.expect_reply(554, "^5.5.0 ")
    peer.expect_end()
    peer = greet(connect, edge)
    peer.command("STARTTLS", 220)
    peer.send(injected)
    assert not re.search(rb"250|220", peer.read_to_end())
    assert all(b"evil" not in line for session in backend.sessions for line in session.lines)


def test_tls_forgets_what_was_said_in_the_clear(edge, backend, connect):
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("STARTTLS", 220)
    peer.start_tls(client_tls())
    peer.command("RCPT TO:<c@d.example>", 503)
    peer.command("MAIL FROM:<a@b.example>", 503)
    assert "STARTTLS" not in peer.command("EHLO client.example", 250).keywords
    peer.command("STARTTLS", 503)
    peer.command("MAIL FROM:<a@b.example>", 250)
    assert backend.sessions[-1].lines[-1] == b"MAIL FROM:<a@b.example>"


def test_starttls_only_means_it(edge, backend, connect):
    peer = greet(connect, edge, "only")
    peer.command("MAIL FROM:<a@b.example>", 530, "^5.7.0 ")
    peer.command("AUTH PLAIN", 530, "^5.7.0 ")
    peer.smtp_starttls()
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    del backend


def test_early_talkers_are_sent_away(edge, connect):
    peer = connect(edge.port("delayed"))
    peer.send("EHLO early\r\n")
    peer.expect_reply(554)
    peer.expect_end()
    began = time.monotonic()
    peer = connect(edge.port("delayed"))
    peer.expect_reply(220)
    assert time.monotonic() - began > 0.9


def test_private_commands_of_trusted_peers_never_reach_the_backend(edge, backend, connect):
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 250)
    for command in ("XCLIENT ADDR=127.0.0.1", "XFORWARD NAME=x", "ETRN x"):
        peer.command(command, 502)
    keywords = peer.command("EHLO again.example", 250).keywords
    assert "XCLIENT" not in keywords and "STARTTLS" in keywords
    assert not {"XFORWARD", "ETRN"} & set(backend.sessions[-1].verbs)
    assert backend.sessions[-1].verbs.count("XCLIENT") == 1


def test_errors_have_a_limit(edge, connect):
    peer = greet(connect, edge)
    peer.send("FOO\r\n" * 100)
    replies = peer.read_to_end().decode().splitlines()
    assert [line[:3] for line in replies] == ["502"] * 5 + ["421"]


def test_a_session_leaves_one_line_of_json(edge, connect):
    peer = connect(edge.port("smtp"))
    peer.expect_reply(220)
    peer.command('EHLO "quoted\\name"', 250)
    peer.command("QUIT", 221)
    line = edge.wait_for_json("mail.json", lambda each: each["port"] == peer.address[1])
    assert line["ev"] == "mail" and line["proto"] == "smtp" and line["listener"] == f"smtp:{edge.port('smtp')}"
    assert line["helo"] == '"quoted\\name"' and line["mails"] == 0 and line["queue"] == []
    assert (line["in"], line["end"], line["why"]) == (26, "--", "finished")


def test_ten_thousand_commands_in_one_session_take_no_memory(edge, connect):
    peer = greet(connect, edge)
    for _ in range(10):
        peer.send("RSET\r\n" * 1000)
        for _ in range(1000):
            peer.expect_reply(250)
    before = memory_kib(edge.workers(), "Pss_Anon")
    for _ in range(10):
        peer.send("RSET\r\n" * 1000)
        for _ in range(1000):
            peer.expect_reply(250)
    assert memory_kib(edge.workers(), "Pss_Anon") - before < 1024
