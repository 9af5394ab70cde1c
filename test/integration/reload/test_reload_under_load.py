"""Twenty reloads and twenty new certificates while clients of every kind come all the time: nobody
notices anything but the certificate."""

import shutil
import signal

import pytest
from cryptography import x509
from support.site import CONFIG, PAGE, Site
from support.wait import wait_until
from support.wire import client_tls

TIMES = 20

@pytest.fixture
def site(frontd_files, fast_backend):
    return Site(frontd_files, fast_backend, workers=2)


def start_load(site, load):
    tls, plain, smtp = (site.port(name) for name in ("tls", "plain", "smtp"))
    return [
        load("http", tls, "--tls", "--path", "/proxied", "--connections", "8"),
        load("http", plain, "--path", "/page", "--connections", "4"),
        load("http", tls, "--tls", "--close", "--path", "/page", "--connections", "4"),
        load("http", plain, "--close", "--path", "/proxied", "--connections", "4"),
        load("smtp", smtp, "--starttls", "--size", "4096", "--connections", "4"),
    ]


def served_serial(connect, port):
    certificate = connect(port, tls=client_tls()).certificate
    return x509.load_der_x509_certificate(certificate).serial_number


def finish(loads):
    """Ends the loads: each did something, and nothing failed."""
    for load in loads:
        result = load.finish()
        assert result["failed"] == 0 and result["done"] > 0, f"{load.name}: {result}"


def test_nothing_fails_in_twenty_reloads_under_load(site, load):
    loads = start_load(site, load)
    for _ in range(TIMES):
        site.frontd.reload()
    finish(loads)


def test_nothing_fails_with_twenty_new_certificates_under_load(site, load, connect):
    loads = start_load(site, load)
    for number in range(TIMES):
        serial = site.new_certificate(f"number-{number}")
        site.frontd.reload()
        assert served_serial(connect, site.port("tls")) == serial
    finish(loads)


def test_nothing_fails_when_hup_brings_a_new_certificate(site, load, connect):
    loads = start_load(site, load)
    for number in range(3):
        serial = site.new_certificate(f"number-{number}")
        site.frontd.signal(signal.SIGHUP)
        wait_until(lambda s=serial: served_serial(connect, site.port("tls")) == s, "the new certificate")
    finish(loads)


def test_a_key_that_does_not_match_is_refused_and_the_old_certificate_goes_on(site, load, connect):
    loads = start_load(site, load)
    serial = served_serial(connect, site.port("tls"))
    _, other_key = site.frontd.certificates.make("other")
    shutil.copy(other_key, site.frontd.home / "live.key")
    result = site.frontd.reload(check=False)
    assert result.returncode == 1
    assert "belong together" in result.stdout + result.stderr
    assert served_serial(connect, site.port("tls")) == serial
    finish(loads)


def test_a_broken_configuration_changes_nothing_and_says_why(site, load, connect):
    loads = start_load(site, load)
    result = site.frontd.reload(CONFIG.replace("root", "rooot"), check=False)
    assert result.returncode == 1
    assert "rooot" in result.stdout + result.stderr
    assert connect(site.port("plain")).request("/page").body == PAGE
    finish(loads)


def test_an_idle_connection_gets_one_more_answer_before_it_goes(site, connect):
    peer = connect(site.port("tls"), tls=True)
    assert peer.request("/page").field("connection") != "close"
    site.frontd.reload()
    response = peer.request("/page")
    assert (response.status, response.field("connection")) == (200, "close")
    peer.expect_end()


def test_a_mail_session_of_the_old_configuration_goes_on(site, connect):
    peer = connect(site.port("smtp"))
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
    peer = connect(site.port("plain"))
    peer.request("/page")
    site.frontd.reload()
    peer.close()
    wait_until(lambda: not before & set(site.frontd.workers()), "the old workers end")
    assert len(site.frontd.workers()) == 2
