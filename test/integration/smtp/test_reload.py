"""Mail while frontd is reloaded or stopped: row P20 of reference/mail.md's pitfalls."""

import signal

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
