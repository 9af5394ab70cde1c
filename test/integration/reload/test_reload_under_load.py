"""Twenty reloads and twenty new certificates while clients of every kind come all the time: nobody
notices anything but the certificate."""

import shutil
import signal

import pytest
from cryptography import x509
from support.wait import wait_until
from support.wire import client_tls

TIMES = 20

CONFIG = """
worker_processes 2;
error_log logs/error.log notice;
http {
    access_log off;
    ssl_certificate @home@/live.crt;
    ssl_certificate_key @home@/live.key;
    server {
        listen 127.0.0.1:@plain@;
        listen 127.0.0.1:@tls@ ssl;
        root @home@/www;
        location /proxied {
            proxy_pass http://@backend@;
        }
    }
}
mail {
    ssl_certificate @home@/live.crt;
    ssl_certificate_key @home@/live.key;
    trusted_sources 127.0.0.0/8;
    server {
        listen 127.0.0.1:@smtp@;
        protocol smtp;
        starttls on;
        smtp_auth none;
        proxy_pass @mail_backend@;
    }
}
"""


class Site:
    """frontd with a certificate that can be replaced."""

    def __init__(self, frontd_files, fast_backend):
        self.frontd = frontd_files(
            CONFIG,
            backend=fast_backend("http", "--size", "1024").address,
            mail_backend=fast_backend("smtp").address,
        )
        self.frontd.file("www/page", b"x" * 1024)
        self.new_certificate("first")
        self.frontd.start()

    def new_certificate(self, name):
        """Puts another certificate and its key into place; returns its serial number."""
        cert, key = self.frontd.certificates.make(name)
        shutil.copy(key, self.frontd.home / "live.key")
        shutil.copy(cert, self.frontd.home / "live.crt")
        return self.frontd.certificates.serial(name)

    def start_load(self, load):
        tls, plain, smtp = (self.frontd.port(name) for name in ("tls", "plain", "smtp"))
        return [
            load("http", tls, "--tls", "--path", "/proxied", "--connections", "8"),
            load("http", plain, "--path", "/page", "--connections", "4"),
            load("http", tls, "--tls", "--close", "--path", "/page", "--connections", "4"),
            load("http", plain, "--close", "--path", "/proxied", "--connections", "4"),
            load("smtp", smtp, "--starttls", "--size", "4096", "--connections", "4"),
        ]


@pytest.fixture
def site(frontd_files, fast_backend):
    return Site(frontd_files, fast_backend)


def served_serial(connect, port):
    certificate = connect(port, tls=client_tls()).certificate
    return x509.load_der_x509_certificate(certificate).serial_number


def finish(loads):
    """Ends the loads: each did something, and nothing failed."""
    for load in loads:
        result = load.finish()
        assert result["failed"] == 0 and result["done"] > 20, f"{load.name}: {result}"


def test_nothing_fails_in_twenty_reloads_under_load(site, load):
    loads = site.start_load(load)
    for _ in range(TIMES):
        site.frontd.reload()
    finish(loads)


def test_nothing_fails_with_twenty_new_certificates_under_load(site, load, connect):
    loads = site.start_load(load)
    for number in range(TIMES):
        serial = site.new_certificate(f"number-{number}")
        site.frontd.reload()
        assert served_serial(connect, site.frontd.port("tls")) == serial
    finish(loads)


def test_nothing_fails_when_hup_brings_a_new_certificate(site, load, connect):
    loads = site.start_load(load)
    for number in range(3):
        serial = site.new_certificate(f"number-{number}")
        site.frontd.signal(signal.SIGHUP)
        wait_until(lambda s=serial: served_serial(connect, site.frontd.port("tls")) == s, "the new certificate")
    finish(loads)


def test_a_key_that_does_not_match_is_refused_and_the_old_certificate_goes_on(site, load, connect):
    loads = site.start_load(load)
    serial = served_serial(connect, site.frontd.port("tls"))
    _, other_key = site.frontd.certificates.make("other")
    shutil.copy(other_key, site.frontd.home / "live.key")
    result = site.frontd.reload(check=False)
    assert result.returncode == 1
    assert "match" in result.stdout + result.stderr
    assert served_serial(connect, site.frontd.port("tls")) == serial
    finish(loads)


def test_a_broken_configuration_changes_nothing_and_says_why(site, load, connect):
    loads = site.start_load(load)
    result = site.frontd.reload(CONFIG.replace("root", "rooot"), check=False)
    assert result.returncode == 1
    assert "rooot" in result.stdout + result.stderr
    assert connect(site.frontd.port("plain")).request("/page").body == b"x" * 1024
    finish(loads)


def test_an_idle_connection_gets_one_more_answer_before_it_goes(site, connect):
    peer = connect(site.frontd.port("tls"), tls=True)
    assert peer.request("/page").field("connection") != "close"
    site.frontd.reload()
    response = peer.request("/page")
    assert (response.status, response.field("connection")) == (200, "close")
    peer.expect_end()


def test_a_mail_session_of_the_old_configuration_goes_on(site, connect):
    peer = connect(site.frontd.port("smtp"))
    peer.expect_reply(220)
    peer.command("EHLO client.example", 250)
    peer.command("MAIL FROM:<a@client.example>", 250)
    site.frontd.reload()
    peer.command("RCPT TO:<user@example.test>", 250)
    peer.command("DATA", 354)
    peer.send("Subject: reloaded\r\n\r\nx\r\n.\r\n")
    peer.expect_reply(250)


def test_old_workers_end_when_their_connections_have(site, connect):
    before = set(site.frontd.workers())
    peer = connect(site.frontd.port("plain"))
    peer.request("/page")
    site.frontd.reload()
    peer.close()
    wait_until(lambda: not before & set(site.frontd.workers()), "the old workers end")
    assert len(site.frontd.workers()) == 2
