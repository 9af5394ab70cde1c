"""The actors themselves, without frontd: a backend that records nothing proves nothing."""

import pytest
from support.backends import ok


def test_the_http_backend_records_exact_bytes_and_answers(http_backend, connect):
    backend = http_backend(lambda request: ok(request.body, "X-Test: 1"))
    peer = connect(backend.port)
    response = peer.request("/a?b", method="POST", fields=["Transfer-Encoding: chunked"], body=b"3\r\nabc\r\n0\r\n\r\n")
    assert (response.status, response.body, response.field("x-test")) == (200, b"abc", "1")
    assert backend.requests[0].raw_body == b"3\r\nabc\r\n0\r\n\r\n"
    assert backend.requests[0].head.startswith(b"POST /a?b HTTP/1.1\r\nHost: localhost\r\n")
    assert peer.request("/second").status == 200
    assert [request.connection for request in backend.requests] == [1, 1]


def test_the_smtp_backend_takes_messages_by_data_and_by_bdat(smtp_backend, connect):
    backend = smtp_backend(replies={"VRFY": "502 5.5.1 No"})
    peer = connect(backend.port)
    peer.expect_reply(220)
    assert "XCLIENT" in peer.command("EHLO me", 250).keywords
    peer.command("XCLIENT ADDR=192.0.2.1 PORT=5", 220)
    for verb, content in (("DATA", "a\r\n.\r\n"), ("BDAT 3 LAST", "abc")):
        peer.command("MAIL FROM:<a@b>", 250)
        peer.command("RCPT TO:<c@d>", 250)
        if verb == "DATA":
            peer.command(verb, 354)
            peer.send(content)
        else:
            peer.send(verb + "\r\n" + content)
        peer.expect_reply(250, "queued as")
    peer.command("VRFY x", 502)
    peer.command("QUIT", 221)
    peer.expect_end()
    assert [message.content for message in backend.messages] == [b"a\r\n", b"abc"]
    assert backend.messages[1].recipients == [b"RCPT TO:<c@d>"]
    assert backend.sessions[0].xclient == {"ADDR": "192.0.2.1", "PORT": "5"}


def test_a_peer_says_what_came_instead(scripted_backend, connect):
    backend = scripted_backend(lambda peer: peer.play("> 220 hello\n< QUIT"))
    peer = connect(backend.port)
    with pytest.raises(AssertionError, match="hello"):
        peer.expect(b"221")
    peer.send("QUIT\r\n")
    peer.read_to_end()


def test_postfix_believes_xclient_and_delivers(postfix, connect):
    peer = connect(postfix.port)
    peer.expect_reply(220)
    peer.command("EHLO front", 250)
    peer.command("XCLIENT ADDR=192.0.2.7 NAME=[UNAVAILABLE] REVERSE_NAME=[UNAVAILABLE]", 220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@client.example>", 250)
    peer.command("RCPT TO:<somebody@elsewhere.example>", 554)
    peer.command("RCPT TO:<user@example.test>", 250)
    peer.command("DATA", 354)
    peer.send("Subject: a mark 4711\r\n\r\nHello\r\n.\r\n")
    peer.expect_reply(250)
    postfix.wait_for_message("a mark 4711")
    postfix.wait_for_log(r"client=unknown\[192\.0\.2\.7\]")
