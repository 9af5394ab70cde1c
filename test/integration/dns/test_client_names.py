"""What the backend is told of the client's name (reference: mail.md 2.1 rule 8, 4 row P3)."""

import pytest
from dnslib import DNSLabel

from .conftest import reverse_name

CLIENT = "127.0.0.77"

CONFIG = """
mail {
    server_name mx.test;
    trusted_sources 127.0.0.0/8;
    server {
        listen 127.0.0.1:@smtp@;
        protocol smtp;
        smtp_auth none;
        proxy_pass @backend@;
    }
}
"""


@pytest.fixture
def told(frontd_with_names, smtp_backend, connect):
    """Sends a message as CLIENT; what XCLIENT said."""

    def send():
        backend = smtp_backend()
        frontd = frontd_with_names(CONFIG, backend=backend.address).start()
        peer = connect(frontd.port("smtp"), source=CLIENT)
        peer.expect_reply(220)
        peer.command("EHLO client.test", 250)
        peer.command("MAIL FROM:<a@client.test>", 250)
        peer.command("QUIT", 221)
        xclient = backend.sessions[-1].xclient
        return xclient["NAME"], xclient["REVERSE_NAME"]

    return send


def test_a_confirmed_name_is_both_names(names, told):
    names.set_reverse(CLIENT, "mail.client.test")
    names.set("mail.client.test", "A", "192.0.2.1", CLIENT)
    assert told() == ("mail.client.test", "mail.client.test")


def test_a_name_that_does_not_lead_back_is_the_reverse_name_only(names, told):
    names.set_reverse(CLIENT, "mail.liar.test")
    names.set("mail.liar.test", "A", "192.0.2.1")
    assert told() == ("[UNAVAILABLE]", "mail.liar.test")


def test_no_name_is_unavailable(names, told):
    assert told() == ("[UNAVAILABLE]", "[UNAVAILABLE]")
    assert (reverse_name(CLIENT), "PTR") in names.asked


def test_a_failure_may_pass(names, told):
    names.fail(reverse_name(CLIENT))
    assert told() == ("[TEMPUNAVAIL]", "[TEMPUNAVAIL]")


@pytest.mark.parametrize(
    "labels",
    [
        [b"a b", b"test"],
        [b"a\r\nRSET\r\n", b"test"],
        [b"a ADDR=1.2.3.4"],
        [b"a\0b", b"test"],
        [b"[UNAVAILABLE]"],
        [b"127", b"0", b"0", b"77"],
        [b"a-", b"test"],
        [b"x" * 63] * 3 + [b"x" * 61],
    ],
)
def test_a_hostile_name_is_no_name_or_itself(names, told, labels):
    names.set_reverse(CLIENT, "replaced.test")
    names.replace_target(CLIENT, DNSLabel(labels))
    name, reverse = told()
    assert name == "[UNAVAILABLE]"
    assert reverse in ("[UNAVAILABLE]", ".".join(["x" * 63] * 3 + ["x" * 61]))
