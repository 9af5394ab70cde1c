"""What a backend may do that Postfix never does; rows P1, P10 and P18 of reference/mail.md's pitfalls."""

import time

import pytest
from support.wait import wait_until

CONFIG = """
mail {
    server_name edge.example.test;
    access_log logs/mail.json;
    trusted_sources 127.0.0.0/8;
    server {
        listen 127.0.0.1:@smtp@;
        proxy_pass @backend@;
    }
}
"""

XCLIENT = "XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT"


def greet(connect, edge):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    return peer


def open_mail(connect, edge):
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 250)
    return peer


def cut_off(backend, count):
    """So many messages ended without their end; the backend calls that an error."""
    wait_until(lambda: len(backend.errors) == count, "the backend sees its connection closed")
    assert all("closed before" in error and "evil" not in error for error in backend.errors)
    backend.errors.clear()


CAPABILITIES = {
    "no XCLIENT": ("PIPELINING",),
    "only ADDR": ("XCLIENT ADDR",),
    "no ADDR": ("XCLIENT NAME PORT",),
    "nothing behind it": ("XCLIENT",),
}


@pytest.mark.parametrize("capabilities", CAPABILITIES.values(), ids=CAPABILITIES)
def test_no_mail_goes_to_a_backend_that_does_not_announce_xclient(capabilities, frontd, smtp_backend, connect):
    backend = smtp_backend(capabilities=capabilities)
    edge = frontd(CONFIG, backend=backend.address)
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 421, "^4.3.2 ")
    peer.expect_end()
    for session in backend.sessions:
        assert set(session.verbs) <= {"EHLO", "QUIT"}
    assert "no mail goes there" in edge.log()


REPLIES = {
    "250": "250 2.0.0 Ok",
    "421": "421 4.7.0 going",
    "450": "450 4.7.1 later",
    "501": "501 5.5.4 Bad command parameter syntax",
    "503": "503 5.5.1 not now",
    "550": "550 5.7.0 Error: insufficient authorization",
    "garbage": "what?",
    "two replies": "220 mx\r\n250 ok",
    "another code": "220-mx\r\n221 ok",
    "closed": None,
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_no_mail_goes_to_a_backend_that_refuses_xclient(reply, frontd, smtp_backend, connect):
    backend = smtp_backend(replies={"XCLIENT": reply})
    edge = frontd(CONFIG, backend=backend.address)
    peer = greet(connect, edge)
    peer.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
    peer.expect_reply(421, "^4.3.2 ")
    peer.expect_end()
    assert backend.sessions[-1].verbs == ["EHLO", "XCLIENT"]
    assert backend.sessions[-1].xclient["ADDR"] == "127.0.0.2"
    assert not backend.messages


def test_a_refusal_of_the_client_is_passed_on(frontd, smtp_backend, connect):
    backend = smtp_backend(replies={"XCLIENT": "554 5.7.1 <client>: Client host rejected"})
    edge = frontd(CONFIG, backend=backend.address)
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 554, "Client host rejected")
    peer.expect_end()


def test_the_next_backend_takes_over_before_the_first_mail(frontd, smtp_backend, connect):
    broken = smtp_backend(replies={"XCLIENT": "550 5.7.0 no"})
    good = smtp_backend()
    edge = frontd(CONFIG.replace("@backend@", "127.0.0.1:@dead@ @broken@ @good@"),
                  broken=broken.address, good=good.address)
    peer = open_mail(connect, edge)
    peer.command("DATA", 354)
    peer.send("x\r\n.\r\n")
    peer.expect_reply(250)
    peer.command("QUIT", 221)
    assert len(good.messages) == 1 and not broken.messages
    assert good.sessions[-1].xclient["ADDR"] == "127.0.0.2"
    assert edge.wait_for_json("mail.json")["up"] == good.address


def test_xclient_may_be_switched_off(frontd, smtp_backend, connect):
    backend = smtp_backend(capabilities=("PIPELINING",))
    edge = frontd(CONFIG.replace("listen", "xclient off; listen"), backend=backend.address)
    open_mail(connect, edge)
    assert backend.sessions[-1].lines[0] == b"EHLO client.example"


BROKEN = {
    "code changes": "250-a\r\n251 b",
    "two digits": "25",
    "no code": "hello",
    "control characters": "250 a\x01",
    "go ahead": "354 go on",
    "a line of a megabyte": "250 " + "x" * 1000000,
    "two hundred lines": "250-x\r\n" * 200 + "250 x",
}


@pytest.mark.parametrize("reply", BROKEN.values(), ids=BROKEN)
def test_a_backend_that_breaks_the_protocol_is_left(reply, frontd, smtp_backend, connect):
    backend = smtp_backend(replies={"RCPT": reply})
    edge = frontd(CONFIG, backend=backend.address)
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 421, "^4.3.")
    peer.expect_end()
    assert edge.wait_for_json("mail.json")["why"] == "backend broke the protocol"


def test_a_reply_without_text_and_one_that_comes_byte_by_byte_are_replies(frontd, scripted_backend, connect):
    def serve(peer):
        peer.send_slowly("220 mx\r\n")
        while True:
            line = peer.read_until(b"\r\n")
            if line.startswith(b"EHLO"):
                peer.send_slowly(f"250-mx\r\n250 {XCLIENT}\r\n")
            elif line.startswith(b"XCLIENT"):
                peer.send_slowly("220 mx\r\n")
            elif line.startswith(b"QUIT"):
                peer.send("221\r\n")
                return
            else:
                peer.send_slowly("250\r\n")

    edge = frontd(CONFIG, backend=scripted_backend(serve).address)
    peer = open_mail(connect, edge)
    peer.command("RSET", 250)
    peer.command("QUIT", 221)


def test_a_reply_without_a_command_ends_the_session(frontd, smtp_backend, connect):
    backend = smtp_backend(replies={"RCPT": "250 2.1.5 Ok\r\n250 2.1.5 once more"})
    edge = frontd(CONFIG, backend=backend.address)
    peer = greet(connect, edge)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 250)
    peer.expect_reply(421)
    peer.expect_end()


def test_a_refused_chunk_is_swallowed(frontd, smtp_backend, connect):
    backend = smtp_backend(replies={"BDAT": "552 5.3.4 too much"})
    edge = frontd(CONFIG, backend=backend.address)
    peer = open_mail(connect, edge)
    peer.send("BDAT 6\r\nQUIT\r\nBDAT 012 LAST\r\nRSET\r\nQUIT\r\nRSET\r\n")
    peer.expect_reply(552)
    peer.expect_reply(503)
    peer.expect_reply(250)
    assert backend.sessions[-1].verbs == ["EHLO", "XCLIENT", "EHLO", "MAIL", "RCPT", "BDAT", "RSET"]


@pytest.mark.parametrize("argument", ["+5", "0x5", "5 last x", "18446744073709551616", "5  LAST", "5\tLAST", ""])
def test_a_chunk_of_unknown_size_never_reaches_a_backend(argument, frontd, smtp_backend, connect):
    backend = smtp_backend()
    edge = frontd(CONFIG, backend=backend.address)
    peer = open_mail(connect, edge)
    peer.command(f"BDAT {argument}", 521)
    peer.expect_end()
    assert "BDAT" not in backend.sessions[-1].verbs


def test_a_chunk_is_written_anew(frontd, smtp_backend, connect):
    backend = smtp_backend()
    edge = frontd(CONFIG, backend=backend.address)
    peer = open_mail(connect, edge)
    peer.send("bdat 0005 last\r\n\r\n.\r\n")
    peer.expect_reply(250)
    assert b"BDAT 5 LAST" in backend.sessions[-1].lines
    assert backend.messages[0].content == b"\r\n.\r\n"


def test_refused_data_is_followed_by_commands(frontd, smtp_backend, connect):
    backend = smtp_backend(replies={"DATA": "554 5.5.1 no valid recipients"})
    edge = frontd(CONFIG, backend=backend.address)
    peer = open_mail(connect, edge)
    peer.command("DATA", 554)
    peer.send("Subject: x\r\n\r\nMAIL FROM:<evil@x>\r\n.\r\n")
    peer.expect_reply(221)
    peer.expect_end()
    assert backend.sessions[-1].verbs.count("MAIL") == 1 and not backend.messages


def test_smuggling_sequences_never_reach_a_tolerant_backend(frontd, smtp_backend, connect):
    backend = smtp_backend()
    edge = frontd(CONFIG, backend=backend.address)
    for sequence in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\n.\r", b"\r.\n",
                     b"\r\n.\r\r\n", b"\r\r\n.\r\r\n", b"\r\n\0.\r\n"):
        for size in (1, 3, 1000):
            peer = open_mail(connect, edge)
            peer.command("DATA", 354)
            peer.send_slowly(b"hi" + sequence + b"MAIL FROM:<evil@x>\r\n.\r\n", size)
            peer.expect_reply(550, "^5.6.11 ")
            peer.close()
    cut_off(backend, 30)
    assert not any(b"evil" in message.content for message in backend.messages)
    assert not any(b"evil" in line for session in backend.sessions for line in session.lines)


def test_a_client_that_goes_inside_data_leaves_no_message(frontd, smtp_backend, connect):
    backend = smtp_backend()
    edge = frontd(CONFIG, backend=backend.address)
    peer = open_mail(connect, edge)
    peer.command("DATA", 354)
    peer.send("half a mess")
    peer.close()
    assert edge.wait_for_json("mail.json")["end"] == "CD"
    cut_off(backend, 1)
    assert not backend.messages


def test_a_slow_backend_holds_the_client_back(frontd, scripted_backend, connect):
    """Memory stays small: what the backend does not take is not read."""
    release = []

    def serve(peer):
        peer.send("220 mx\r\n")
        while True:
            line = peer.read_until(b"\r\n")
            if line.startswith(b"DATA"):
                peer.send("354 go\r\n")
                while not release:
                    time.sleep(0.05)
                peer.send(f"250 {_count(peer)} bytes\r\n")
            elif line.startswith(b"EHLO"):
                peer.send(f"250-mx\r\n250 {XCLIENT}\r\n")
            elif line.startswith(b"XCLIENT"):
                peer.send("220 mx\r\n")
            elif line.startswith(b"QUIT"):
                return
            else:
                peer.send("250 ok\r\n")

    edge = frontd(CONFIG, backend=scripted_backend(serve).address)
    peer = open_mail(connect, edge)
    peer.command("DATA", 354)
    peer.socket.setblocking(False)
    line = b"x" * 76 + b"\r\n"
    sent = 0
    stalls = 0
    while stalls < 20:
        try:
            sent += peer.socket.send((line * 1000)[sent % len(line):])
            stalls = 0
        except BlockingIOError:
            stalls += 1
            time.sleep(0.05)
    assert sent < 32 * 1024 * 1024
    release.append(True)
    peer.socket.setblocking(True)
    peer.socket.settimeout(20)
    rest = (line)[sent % len(line):] if sent % len(line) else b""
    peer.send(rest + b".\r\n")
    peer.expect_reply(250, f"^{sent + len(rest) + 3} bytes$")


def test_a_backend_that_starts_later_is_asked_again(frontd, smtp_backend, connect):
    """Without that, a client with SMTPUTF8 mail is told for good that it cannot be sent here."""
    backend = smtp_backend()
    backend.stop()
    edge = frontd(CONFIG, backend=backend.address)
    edge.wait_for_log("cannot be reached")
    peer = greet(connect, edge)
    assert "SMTPUTF8" not in peer.command("EHLO client.example", 250).keywords
    backend.start()
    wait_until(lambda: "SMTPUTF8" in peer.command("EHLO client.example", 250).keywords, "the backend is asked again")
    peer.command("QUIT", 221)
    assert all(session.verbs[0] == "EHLO" and "MAIL" not in session.verbs for session in backend.sessions)


def _count(peer):
    """Bytes up to and with CRLF.CRLF."""
    total, tail = len(peer.input), peer.input[-5:]
    while not tail.endswith(b"\r\n.\r\n"):
        part = peer.socket.recv(262144)
        total += len(part)
        tail = (tail + part)[-5:]
    peer.input = b""
    return total
