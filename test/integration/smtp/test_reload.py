"""Mail while frontd is reloaded or stopped: row P20 of reference/mail.md's pitfalls."""

import signal
import socket
import struct
import threading

from support.wait import wait_until

CONFIG = """
worker_shutdown_timeout 60s;
mail {
    server_name edge.example.test;
    access_log logs/mail.json;
    server {
        listen 127.0.0.1:@smtp@;
        proxy_pass @backend@;
    }
}
"""


def test_a_reload_waits_for_the_end_of_a_message(frontd, smtp_backend, connect):
    backend = smtp_backend()
    edge = frontd(CONFIG, backend=backend.address)
    idle = connect(edge.port("smtp"))
    idle.expect_reply(220)
    peer = connect(edge.port("smtp"))
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 250)
    peer.command("DATA", 354)
    for number in range(5):
        edge.reload()
        peer.send(f"line {number}\r\n")
    idle.expect_reply(421, "^4.3.2 ")
    idle.expect_end()
    peer.send(".\r\n")
    peer.expect_reply(250, "queued as")
    peer.expect_reply(421, "^4.3.2 ")
    peer.expect_end()
    assert [message.content for message in backend.messages] == [
        b"".join(b"line %d\r\n" % number for number in range(5))
    ]
    fresh = connect(edge.port("smtp"))
    fresh.expect_reply(220)


def test_a_stop_says_421_between_two_messages_and_nothing_inside_one(frontd, smtp_backend, connect):
    backend = smtp_backend()
    edge = frontd(CONFIG, backend=backend.address)
    idle = connect(edge.port("smtp"))
    idle.expect_reply(220)
    idle.command("EHLO client.example", 250)
    peer = connect(edge.port("smtp"))
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 250)
    peer.command("DATA", 354)
    edge.signal(signal.SIGTERM)
    idle.expect_reply(421, "^4.3.2 ")
    peer.expect_end()
    assert edge.wait() == 0
    wait_until(lambda: backend.errors, "the backend sees its connection closed")
    assert "closed before" in backend.errors.pop()
    assert not backend.messages


def send_message(peer):
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@b.example>", 250)
    peer.command("RCPT TO:<c@d.example>", 250)
    peer.command("DATA", 354)
    peer.send("Subject: whole\r\n\r\nx\r\n.\r\n")


def slow_to_decide(smtp_backend):
    """A backend, and the event that lets it answer to a message."""
    may_answer = threading.Event()
    backend = smtp_backend(replies={"CONTENT": lambda _: may_answer.wait(20) and "250 2.0.0 Ok: queued as 4FLATE0001"})
    return backend, may_answer


def reset(peer):
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.socket.close()


VERDICT = r"answered .250 2.0.0 Ok: queued as 4FLATE0001. to a message whose session is over"


def test_a_stop_waits_a_moment_for_the_verdict_on_a_message(frontd, smtp_backend, connect):
    backend, may_answer = slow_to_decide(smtp_backend)
    edge = frontd(CONFIG, backend=backend.address)
    peer = connect(edge.port("smtp"))
    send_message(peer)
    wait_until(lambda: backend.messages, "the backend has the message")
    edge.signal(signal.SIGTERM)
    peer.expect_end()
    peer.socket.close()
    threading.Timer(0.3, may_answer.set).start()
    assert edge.wait() == 0
    assert edge.wait_for_log(VERDICT)


def test_a_stop_says_what_it_did_not_wait_for(frontd, smtp_backend, connect):
    backend, may_answer = slow_to_decide(smtp_backend)
    edge = frontd(CONFIG, backend=backend.address)
    peer = connect(edge.port("smtp"))
    send_message(peer)
    wait_until(lambda: backend.messages, "the backend has the message")
    edge.signal(signal.SIGTERM)
    assert edge.wait(5) == 0
    may_answer.set()
    assert edge.wait_for_log("gave no answer to a message whose session is over")


def test_a_reload_waits_for_the_verdict_although_the_client_is_gone(frontd, smtp_backend, connect):
    backend, may_answer = slow_to_decide(smtp_backend)
    edge = frontd(CONFIG, backend=backend.address)
    peer = connect(edge.port("smtp"))
    send_message(peer)
    wait_until(lambda: backend.messages, "the backend has the message")
    reset(peer)
    edge.wait_for_json("mail.json")
    edge.reload()
    threading.Timer(0.5, may_answer.set).start()
    assert edge.wait_for_log(VERDICT)
