"""Mail through frontd to the real Postfix, which is told who is really there."""

import socket
import subprocess

import pytest
from support.wire import client_tls

CONFIG = """
mail {
    server_name edge.example.test;
    access_log logs/mail.json;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    trusted_sources 127.0.0.2/32 ::1;
    server {
        listen 127.0.0.1:@smtp@;
        listen [::1]:@smtp6@;
        starttls on;
        proxy_pass @backend@;
    }
    server {
        listen 127.0.0.1:@smtps@ ssl;
        proxy_pass @backend@;
    }
}
"""


@pytest.fixture(name="edge")
def _edge(frontd, postfix):
    return frontd(CONFIG, backend=postfix.address)


def send(peer, mark, recipient="user@example.test"):
    peer.command(f"MAIL FROM:<sender@client.example> SIZE={len(mark) + 20}", 250)
    peer.command(f"RCPT TO:<{recipient}>", 250)
    peer.command("DATA", 354)
    peer.send(f"Subject: {mark}\r\n\r\n..hello\r\n.\r\n")
    return peer.expect_reply(250, "queued as")


def queue_id(reply):
    return reply.text.split("queued as ")[1].split()[0]


CASES = {
    "plain from IPv4": ("smtp", "127.0.0.1", "127.0.0.2", None),
    "plain from IPv6": ("smtp6", "::1", "::1", None),
    "STARTTLS from IPv4": ("smtp", "127.0.0.1", "127.0.0.2", "starttls"),
    "STARTTLS from IPv6": ("smtp6", "::1", "::1", "starttls"),
    "TLS from the first byte": ("smtps", "127.0.0.1", "127.0.0.2", "implicit"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_postfix_logs_the_clients_own_address(case, edge, postfix, connect):
    name, host, source, tls = case
    position = postfix.log_position()
    peer = connect(edge.port(name), host=host, source=source, tls=tls == "implicit")
    peer.expect_reply(220, "^edge.example.test ESMTP$")
    peer.command("EHLO client.example", 250)
    if tls == "starttls":
        peer.smtp_starttls()
        peer.command("EHLO client.example", 250)
    mark = f"from-{name}-{tls}"
    reply = send(peer, mark)
    port = peer.address[1]
    peer.command("QUIT", 221)
    peer.expect_end()
    postfix.wait_for_log(rf"{queue_id(reply)}: client=\S*\[{source}\]", position)
    assert b"\r\n.hello" in postfix.wait_for_message(mark).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    line = edge.wait_for_json("mail.json", lambda each: each["port"] == port)
    assert (line["ip"], line["helo"], line["mails"], line["rcpt"], line["refused"]) == (source, "client.example", 1, 1, 0)
    assert line["queue"] == [queue_id(reply)] and line["up"] == postfix.address
    assert line["end"] == "--" and line["reply"].startswith("250 2.0.0 Ok: queued as")
    assert line["tls"] == {None: "", "starttls": "1.3 starttls", "implicit": "1.3"}[tls]


def test_relaying_is_refused_from_a_client_that_is_trusted_and_from_one_that_is_not(edge, connect, postfix):
    for source in ("127.0.0.1", "127.0.0.2"):
        position = postfix.log_position()
        peer = connect(edge.port("smtp"), source=source)
        peer.expect_reply(220)
        peer.command("EHLO client.example", 250)
        peer.command("MAIL FROM:<a@client.example>", 250)
        peer.command("RCPT TO:<somebody@elsewhere.example>", 554, "[Rr]elay access denied")
        peer.command("QUIT", 221)
        known = r"\[127\.0\.0\.2\]" if source == "127.0.0.2" else r"unknown\[unknown\]"
        postfix.wait_for_log(rf"reject: RCPT from \S*{known}.*elsewhere", position)


def test_the_answer_to_ehlo_is_the_backends_without_its_private_parts(edge, connect, postfix):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RSET", 250)
    keywords = peer.command("EHLO client.example", 250).keywords
    assert {"PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8", "CHUNKING", "STARTTLS"} <= set(keywords)
    assert not {"XCLIENT", "XFORWARD", "ETRN", "AUTH", "XVERP"} & set(keywords)
    del postfix


def test_another_session_is_told_what_the_backend_can_do_before_it_is_connected(edge, connect):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO first", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    other = connect(edge.port("smtp"))
    other.expect_reply(220)
    assert {"SIZE", "CHUNKING", "DSN"} <= set(other.command("EHLO second", 250).keywords)


def test_commands_may_come_in_one_piece(edge, connect, postfix):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.send("MAIL FROM:<a@client.example>\r\nRCPT TO:<user@example.test>\r\nRCPT TO:<no@example.test>\r\n"
              "XCLIENT ADDR=127.0.0.1\r\nRCPT TO:<other@example.test>\r\nDATA\r\n")
    assert [peer.read_reply().code for _ in range(6)] == [250, 250, 550, 502, 250, 354]
    peer.send("Subject: pipelined\r\n\r\nx\r\n.\r\nMAIL FROM:<b@client.example>\r\nRCPT TO:<user@example.test>\r\nDATA\r\n")
    assert [peer.read_reply().code for _ in range(4)] == [250, 250, 250, 354]
    peer.send("Subject: second\r\n\r\ny\r\n.\r\nQUIT\r\n")
    assert [peer.read_reply().code for _ in range(2)] == [250, 221]
    for mailbox, mark in (("user", "pipelined"), ("other", "pipelined"), ("user", "second")):
        postfix.wait_for_message(mark, mailbox)


def test_chunks_may_hold_anything(edge, connect, postfix):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@client.example> BODY=8BITMIME", 250)
    peer.command("RCPT TO:<user@example.test>", 250)
    first = b"Subject: chunked\r\n\r\nQUIT\r\n.\r\n"
    second = "Grüße\r\nRSET\r\n".encode()
    peer.send(b"BDAT %d\r\n%bBDAT 0%d LAST\r\n%b" % (len(first), first, len(second), second))
    peer.expect_reply(250)
    peer.expect_reply(250, "queued as")
    message = postfix.wait_for_message("chunked").replace(b"\r\n", b"\n")
    assert b"\nQUIT\n.\nGr\xc3\xbc\xc3\x9fe\nRSET\n" in message


def test_too_large_a_mail_is_refused_at_mail(edge, connect):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RSET", 250)
    limit = int(peer.command("EHLO client.example", 250).keywords["SIZE"][0])
    peer.command(f"MAIL FROM:<a@b.example> SIZE={limit + 1}", 552)
    peer.command(f"MAIL FROM:<a@b.example> SIZE={limit}", 250)


def test_a_message_of_100_megabytes_arrives_whole(edge, connect, postfix):
    peer = connect(edge.port("smtp"), source="127.0.0.2", timeout=120)
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.smtp_starttls()
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@client.example>", 250)
    peer.command("RCPT TO:<user@example.test>", 250)
    peer.command("DATA", 354)
    line = b"0123456789" * 7 + b"abcdef\r\n"
    peer.send(b"Subject: hundred\r\n\r\n")
    for _ in range(1300):
        peer.send(line * 1000)
    peer.send(b"the end\r\n.\r\n")
    peer.expect_reply(250, "queued as")
    message = postfix.wait_for_message("Subject: hundred", timeout=60)
    body = message.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    assert body == line.replace(b"\r\n", b"\n") * 1300000 + b"the end\n"
    assert len(body) >= 100_000_000


def test_smuggled_mail_never_arrives(edge, connect, postfix):
    for sequence in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\n.\r", b"\r.\n",
                     b"\r\n.\r\r\n", b"\r\r\n.\r\r\n", b"\r\n\0.\r\n"):
        peer = connect(edge.port("smtp"), source="127.0.0.2")
        peer.expect_reply(220)
        peer.command("EHLO client.example", 250)
        peer.command("MAIL FROM:<a@client.example>", 250)
        peer.command("RCPT TO:<user@example.test>", 250)
        peer.command("DATA", 354)
        peer.send(b"Subject: outer\r\n\r\nhi" + sequence + b"MAIL FROM:<evil@client.example>\r\n"
                  b"RCPT TO:<user@example.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n")
        peer.expect_reply(550, "^5.6.11 ")
        send(peer, "after", "other@example.test")
        peer.command("QUIT", 221)
    postfix.wait_for_message("after", "other")
    assert not postfix.messages("user")


def test_postfix_may_be_stopped_and_started_under_load(edge, connect, postfix):
    def try_to_send(number):
        """Whether it was taken; everything else has to be said in SMTP's own words."""
        peer = connect(edge.port("smtp"), source="127.0.0.2")
        try:
            peer.expect_reply(220)
            peer.command("EHLO client.example", 250)
            for command, good in (("MAIL FROM:<a@client.example>", 250), ("RCPT TO:<user@example.test>", 250),
                                  ("DATA", 354), (f"Subject: load {number}\r\n\r\nx\r\n.", 250)):
                reply = peer.command(command)
                if reply.code != good:
                    assert reply.code in (421, 451), reply
                    return False
            return True
        finally:
            peer.close()

    try:
        taken = [try_to_send(number) for number in range(10)]
        assert all(taken)
        postfix.stop()
        assert not any(try_to_send(number) for number in range(10, 15))
    finally:
        postfix.start()
    assert all(try_to_send(number) for number in range(15, 25))
    for number in (*range(10), *range(15, 25)):
        postfix.wait_for_message(f"Subject: load {number}\n".encode())
    assert "cannot be reached" in edge.log()


def test_swaks_delivers_by_starttls(edge, postfix):
    result = subprocess.run(
        ["swaks", "--server", "127.0.0.1", "--port", str(edge.port("smtp")), "--local-interface", "127.0.0.2",
         "--tls", "--ehlo", "swaks.example", "--from", "a@swaks.example", "--to", "user@example.test",
         "--header", "Subject: by-swaks"],
        capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "TLS started with cipher" in result.stdout
    postfix.wait_for_message("by-swaks")


def test_openssl_speaks_starttls(edge):
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{edge.port('smtp')}", "-starttls", "smtp", "-quiet",
         "-servername", "localhost"],
        input="EHLO openssl\r\nQUIT\r\n", capture_output=True, text=True, timeout=30, check=False)
    assert "221" in result.stdout or "554 5.5.0" in result.stdout, result.stdout + result.stderr


def test_a_foreign_alpn_is_refused(edge):
    for port, extra in (("smtps", []), ("smtp", ["-starttls", "smtp"])):
        result = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{edge.port(port)}", "-alpn", "http/1.1", *extra],
            input="", capture_output=True, text=True, timeout=30, check=False)
        assert result.returncode != 0 and "no application protocol" in result.stderr + result.stdout


def test_smtps_accepts_the_alpn_names_of_mail(edge, connect):
    for name in ("smtp", "esmtp", "submission"):
        context = client_tls()
        context.set_alpn_protocols([name])
        peer = connect(edge.port("smtps"), tls=context)
        peer.expect_reply(220)
        assert peer.socket.selected_alpn_protocol() == name


def test_a_client_that_only_listens_any_more_gets_its_answer(edge, connect, postfix):
    peer = connect(edge.port("smtp"), source="127.0.0.2")
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.send("MAIL FROM:<a@client.example>\r\nRCPT TO:<user@example.test>\r\nDATA\r\n")
    assert [peer.read_reply().code for _ in range(3)] == [250, 250, 354]
    peer.send("Subject: half\r\n\r\nx\r\n.\r\n")
    peer.socket.shutdown(socket.SHUT_WR)
    peer.expect_reply(250, "queued as")
    postfix.wait_for_message("Subject: half")
