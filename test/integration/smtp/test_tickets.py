"""Where STARTTLS is offered clients get no session ticket, unless the configuration says so."""

import subprocess

import pytest

CONFIG = """
mail {
    server_name edge.example.test;
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    @tickets@
    server { listen 127.0.0.1:@smtp@; starttls on; proxy_pass @backend@; }
    server { listen 127.0.0.1:@smtps@ ssl; proxy_pass @backend@; }
}
"""


def tickets_given(port, *options):
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", *options]
    said = subprocess.run(command, input="QUIT\r\n", capture_output=True, text=True, check=False).stdout
    assert "Protocol  : TLSv1.2" in said
    return "TLS session ticket:" in said


@pytest.mark.parametrize(
    ("tickets", "on_starttls"),
    [("", False), ("ssl_session_tickets on;", True), ("ssl_session_tickets off;", False)],
)
def test_tickets_follow_the_kind_of_port_and_the_configuration(frontd, smtp_backend, tickets, on_starttls):
    edge = frontd(CONFIG, backend=smtp_backend().address, tickets=tickets)
    assert tickets_given(edge.port("smtp"), "-starttls", "smtp") == on_starttls
    assert tickets_given(edge.port("smtps")) == ("off" not in tickets)
