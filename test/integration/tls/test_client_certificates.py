"""ssl_verify_client and the smaller directives of TLS, beside what nginx answers to the same."""

import re
import socket
import ssl
import subprocess

import pytest

CONFIG = """
http {
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    server {
        listen 127.0.0.1:@https@ ssl;
        server_name localhost;
        @asks@ @authority@;
        ssl_verify_depth 2;
        ssl_verify_client @verify@;
        location / {
            return 200 "$ssl_client_verify|$ssl_client_s_dn|$ssl_client_serial|$ssl_client_fingerprint";
        }
        location /pem {
            return 200 "$ssl_client_raw_cert";
        }
        location /escaped {
            return 200 "$ssl_client_escaped_cert";
        }
    }
    server {
        listen 127.0.0.1:@https@ ssl;
        server_name open.test;
        return 200 "open";
    }
}
"""


def curl(proxy, *words, path="/", host="localhost"):
    port = proxy.port("https")
    run = subprocess.run(
        ["curl", "-sk", "-w", "\n%{http_code}", "--resolve", f"{host}:{port}:127.0.0.1", *words, f"https://{host}:{port}{path}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    body, _, status = run.stdout.rpartition("\n")
    return int(status), body


def start(frontd_files, verify, asks="ssl_client_certificate"):
    proxy = frontd_files("events {}", verify=verify, asks=asks)
    proxy.values["authority"] = str(proxy.certificates.authority)
    certificate, key = proxy.certificates.make("person", ("Ada",))
    proxy.write_config(CONFIG)
    proxy.start()
    return proxy, ("--cert", certificate, "--key", key)


def stranger(tmp_path):
    """A certificate that nobody known has signed."""
    certificate, key = tmp_path / "stranger.crt", tmp_path / "stranger.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Mallory",
         "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return ("--cert", certificate, "--key", key)


@pytest.mark.parametrize("asks", ["ssl_client_certificate", "ssl_trusted_certificate"])
def test_who_has_a_certificate_comes_in(frontd_files, asks):
    proxy, person = start(frontd_files, "on", asks)
    status, body = curl(proxy, *person)
    verify, subject, serial, fingerprint = body.split("|")
    assert (status, verify, subject) == (200, "SUCCESS", "CN=Ada")
    assert int(serial, 16) == proxy.certificates.serial("person")
    said = subprocess.run(
        ["openssl", "x509", "-in", person[1], "-noout", "-fingerprint", "-sha1"], capture_output=True, text=True, check=True
    ).stdout
    assert fingerprint == said.split("=")[1].strip().replace(":", "").lower()


def test_the_certificate_itself(frontd_files):
    proxy, person = start(frontd_files, "on")
    _, body = curl(proxy, *person, path="/pem")
    assert ssl.PEM_cert_to_DER_cert(body) == ssl.PEM_cert_to_DER_cert(open(person[1], encoding="ascii").read().partition("\n-----BEGIN")[0])
    _, escaped = curl(proxy, *person, path="/escaped")
    assert escaped.startswith("-----BEGIN%20CERTIFICATE-----%0A")


@pytest.mark.parametrize("verify", ["on", "optional", "optional_no_ca"])
def test_who_has_none(frontd_files, verify):
    proxy, _ = start(frontd_files, verify)
    status, body = curl(proxy)
    if verify == "on":
        assert status == 400 and "No required SSL certificate was sent" in body
    else:
        assert (status, body) == (200, "NONE|||")


@pytest.mark.parametrize("verify", ["on", "optional", "optional_no_ca"])
def test_a_stranger(frontd_files, tmp_path, verify):
    proxy, _ = start(frontd_files, verify)
    status, body = curl(proxy, *stranger(tmp_path))
    if verify == "optional_no_ca":
        assert status == 200 and body.startswith("FAILED:")
    else:
        assert status == 400 and "The SSL certificate error" in body
        proxy.wait_for_log("client SSL certificate verify error")


def test_another_name_than_in_the_handshake_is_misdirected(frontd_files):
    proxy, person = start(frontd_files, "on")
    assert curl(proxy, *person, host="open.test") == (200, "open")
    status, _ = curl(proxy, *person, "-H", f"Host: localhost:{proxy.port('https')}", host="open.test")
    assert status == 421


def test_verification_without_authorities_is_refused(frontd_files):
    proxy = frontd_files(
        "http { ssl_certificate @cert@; ssl_certificate_key @key@; server { listen 127.0.0.1:@https@ ssl; ssl_verify_client on; } }"
    )
    result = proxy.command("-t", check=False)
    assert result.returncode == 1
    assert "nobody is known who signs certificates of clients" in result.stdout + result.stderr


REJECTS = """
http {
    ssl_ecdh_curve @curve@;
    server {
        listen 127.0.0.1:@https@ ssl default_server;
        ssl_reject_handshake on;
    }
    server {
        listen 127.0.0.1:@https@ ssl;
        server_name localhost;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        ssl_conf_command @command@;
        return 200 "here";
    }
}
"""


def handshake(proxy, name):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", proxy.port("https")), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=name) as secure:
            return secure.cipher()[0]


def test_names_that_nobody_has_are_rejected_in_the_handshake(frontd):
    proxy = frontd(REJECTS, curve="auto", command="Options -SessionTicket")
    assert handshake(proxy, "localhost").startswith("TLS_")
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(proxy, "nobody.test")
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        handshake(proxy, None)


def test_a_command_and_a_curve_reach_openssl(frontd):
    proxy = frontd(REJECTS, curve="P-384", command="Ciphersuites TLS_CHACHA20_POLY1305_SHA256")
    assert handshake(proxy, "localhost") == "TLS_CHACHA20_POLY1305_SHA256"
    said = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port('https')}", "-servername", "localhost", "-brief"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert re.search(r"Server Temp Key: ECDH, (secp384r1|P-384)", said.stdout + said.stderr)


@pytest.mark.parametrize(
    "words, message",
    [
        ("ssl_conf_command Nonsense 1", "OpenSSL does not take an ssl_conf_command"),
        ("ssl_conf_command PrivateKey x", "has a directive of its own"),
        ("ssl_ecdh_curve nonsense", "OpenSSL does not take the list of curves"),
        ("ssl_early_data on", "there is no early data"),
        ("ssl_password_file x", "pass phrases"),
    ],
)
def test_nonsense_is_said(frontd_files, words, message):
    proxy = frontd_files(
        f"http {{ ssl_certificate @cert@; ssl_certificate_key @key@; server {{ listen 127.0.0.1:@https@ ssl; {words}; }} }}"
    )
    result = proxy.command("-t", check=False)
    assert result.returncode == 1
    assert message in result.stdout + result.stderr


def test_a_session_without_a_certificate_does_not_go_on_when_one_is_asked_for(frontd_files):
    """What is resumed is not verified again: a ticket is bound to how its server verifies."""
    proxy, _ = start(frontd_files, "off")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def resumes(session):
        with socket.create_connection(("127.0.0.1", proxy.port("https")), 10) as sock:
            with context.wrap_socket(sock, server_hostname="localhost", session=session) as secured:
                return secured.session_reused, secured.session

    _, session = resumes(None)
    assert resumes(session)[0]
    proxy.reload(CONFIG)
    assert resumes(session)[0]
    proxy.values["verify"] = "on"
    proxy.reload(CONFIG)
    assert not resumes(session)[0]
