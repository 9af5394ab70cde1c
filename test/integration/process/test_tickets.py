"""Session tickets: one key for all workers of all generations, that changes, and is good for one server."""

import re
import subprocess
import time

import pytest
from support.wait import wait_until

CONFIG = """
worker_processes 3;
ssl_ticket_rotation @rotation@;
http {
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    ssl_session_timeout @timeout@;
    server { listen 127.0.0.1:@tls@ ssl; server_name localhost; return 204; }
    server { listen 127.0.0.1:@tls@ ssl; server_name other.example; return 204; }
    server { listen 127.0.0.1:@tls@ ssl; server_name none.example; ssl_session_tickets off; return 204; }
    server {
        listen 127.0.0.1:@tls@ ssl; server_name third.example; return 204;
        ssl_certificate @cert:third.example@; ssl_certificate_key @key:third.example@;
    }
    server { listen 127.0.0.1:@second@ ssl; server_name localhost; return 204; }
}
mail {
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    server { listen 127.0.0.1:@smtps@ ssl; protocol smtp; server_name localhost; proxy_pass 127.0.0.1:@backend@; }
}
"""

VERSIONS = pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])


@pytest.fixture
def edge(frontd):
    return frontd(CONFIG, rotation="1h", timeout="1h")


class Client:
    """openssl s_client with a session in a file. OpenSSL's client of TLS 1.3 uses a ticket once: each visit
    takes the new one."""

    def __init__(self, instance, version):
        self._instance = instance
        self._version = version
        self._file = instance.home / "session.pem"

    def resumes(self, name="localhost", port="tls"):
        """Visits, with the last session if there is one, and says whether it went on."""
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self._instance.port(port)}", "-servername", name,
                   self._version, "-sess_out", str(self._file), "-ign_eof"]
        if self._file.exists():
            command += ["-sess_in", str(self._file)]
        # A ticket of TLS 1.3 comes behind the handshake, at the latest with the answer.
        last = b"QUIT\r\n" if port == "smtps" else b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        done = subprocess.run(command, input=last, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, check=False)
        said = done.stdout.decode("utf-8", "replace")
        assert re.search(r"^(New|Reused), TLS", said, re.M), said
        return "Reused, TLS" in said


@VERSIONS
def test_every_worker_resumes_and_so_does_a_new_generation(edge, version):
    """Pitfalls 12 and 13."""
    client = Client(edge, version)
    assert not client.resumes()
    assert all(client.resumes() for _ in range(10))
    edge.reload()
    assert all(client.resumes() for _ in range(5))
    assert client.resumes(port="second")  # the same server at another address


@VERSIONS
def test_no_ticket_of_one_server_resumes_on_another(edge, version):
    """Pitfall 11."""
    for name, port in (("other.example", "tls"), ("third.example", "tls"), ("localhost", "smtps")):
        client = Client(edge, version)
        client.resumes()
        assert client.resumes()
        assert not client.resumes(name, port), (name, port)


@VERSIONS
def test_a_server_without_tickets_gives_none(edge, version):
    client = Client(edge, version)
    assert not client.resumes("none.example")
    assert not client.resumes("none.example")


@VERSIONS
def test_tickets_outlive_one_change_of_keys_but_not_two(frontd, version):
    instance = frontd(CONFIG, rotation="3s", timeout="1h")
    client = Client(instance, version)

    def rotations():
        return instance.log().count("session tickets have a new key")

    assert not client.resumes()
    seen = rotations()
    wait_until(lambda: rotations() > seen, instance.describe)
    if rotations() == seen + 1:  # else this machine is too slow to tell
        resumed = client.resumes()
        assert resumed or rotations() > seen + 1
    seen = rotations()
    wait_until(lambda: rotations() >= seen + 2, instance.describe, timeout=20)
    assert not client.resumes()


def test_reloads_do_not_put_off_the_change_of_keys(frontd):
    instance = frontd(CONFIG, rotation="4s", timeout="1h")
    end = time.monotonic() + 15
    while "session tickets have a new key" not in instance.log():
        assert time.monotonic() < end, instance.describe()
        instance.reload()
        time.sleep(0.5)


@VERSIONS
def test_the_timeout_of_sessions_counts(frontd, version):
    instance = frontd(CONFIG, rotation="1h", timeout="6s")
    client = Client(instance, version)
    assert not client.resumes()
    assert client.resumes()
    time.sleep(8)
    assert not client.resumes()


def test_a_period_of_nothing_is_refused(frontd_files):
    result = frontd_files(CONFIG, rotation="0", timeout="1h").command("-t", check=False)
    assert result.returncode == 1
    assert "at least a second" in result.stdout + result.stderr
