"""ssl_client_certificate and ssl_trusted_certificate are watched as certificates are."""

import os
import subprocess

import pytest
from support.certs import Certificates
from support.wait import wait_until

CONFIG = """
worker_processes 2;
certificate_watch 1s;
http {
    access_log off;
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; keepalive_timeout 0;
        ssl_certificate @cert@; ssl_certificate_key @key@;
        ssl_verify_client on;
        DIRECTIVE @home@/authorities.pem;
        return 200 "$ssl_client_verify $ssl_session_reused";
    }
}
"""


class Edge:
    def __init__(self, frontd_files, directive="ssl_client_certificate"):
        self.frontd = frontd_files("")
        self.people = {}
        for name in ("ada", "bob"):
            directory = self.frontd.home / name
            directory.mkdir()
            authority = Certificates(directory, f"the authority of {name}")
            self.people[name] = (authority.authority.read_text("ascii"), *authority.make(name, (name,)))
        self.put("ada")
        self.frontd.write_config(CONFIG.replace("DIRECTIVE", directive))
        self.frontd.start()
        self.workers = self.frontd.workers()

    def put(self, *names, text=None):
        fresh = self.frontd.home / "authorities.new"
        fresh.write_text("".join(self.people[name][0] for name in names) if text is None else text)
        os.replace(fresh, self.frontd.home / "authorities.pem")

    def asks(self, name, *words):
        """The status that this person gets."""
        _, certificate, key = self.people[name]
        run = subprocess.run(
            ["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--cert", certificate, "--key", key, *words,
             f"https://127.0.0.1:{self.frontd.port('https')}/"], capture_output=True, text=True, timeout=30, check=False)
        return int(run.stdout)

    def ask(self, name):
        """That both workers say, as far as one can ask them."""
        statuses = {self.asks(name) for _ in range(8)}
        return statuses.pop() if len(statuses) == 1 else None


@pytest.mark.parametrize("directive", ["ssl_client_certificate", "ssl_trusted_certificate"])
def test_another_authority_counts_without_a_reload(frontd_files, directive):
    edge = Edge(frontd_files, directive)
    assert (edge.ask("ada"), edge.ask("bob")) == (200, 400)
    edge.put("ada", "bob")
    edge.frontd.wait_for_log(r"new certificates are in force in 2 workers: \S*authorities.pem", timeout=60)
    assert (edge.ask("ada"), edge.ask("bob")) == (200, 200)
    edge.put("bob")
    wait_until(lambda: edge.ask("ada") == 400, edge.frontd.describe, 60)
    assert edge.ask("bob") == 200
    assert edge.frontd.workers() == edge.workers
    assert "authorities of clients: " in edge.frontd.command("-s", "status").stdout


@pytest.mark.parametrize("text, why", [
    ("", "the file is empty"),
    ("nonsense\n", "no certificate in PEM form"),
    ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "is damaged"),
])
def test_what_is_no_authority_leaves_the_old_ones(frontd_files, text, why):
    edge = Edge(frontd_files)
    edge.put(text=text)
    edge.frontd.wait_for_log(rf"a new certificate is refused, the old one goes on: \S*authorities.pem: .*{why}", timeout=60)
    assert (edge.ask("ada"), edge.ask("bob")) == (200, 400)
    edge.put("bob")
    wait_until(lambda: (edge.ask("ada"), edge.ask("bob")) == (400, 200), edge.frontd.describe, 60)


def test_a_session_of_before_is_not_resumed(frontd_files):
    """Who was let in by an authority that has gone must show its certificate again, in vain."""
    edge = Edge(frontd_files)
    _, certificate, key = edge.people["ada"]
    session = edge.frontd.home / "session"

    def connect(*words):
        run = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{edge.frontd.port('https')}", "-servername", "localhost",
             "-tls1_2", "-cert", certificate, "-key", key, *words], input="GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            capture_output=True, text=True, timeout=30, check=False)
        return run.stdout

    assert "New, TLSv1.2" in connect("-sess_out", str(session))
    assert "Reused, TLSv1.2" in connect("-sess_in", str(session)), "the control"
    edge.put("bob")
    wait_until(lambda: edge.ask("ada") == 400, edge.frontd.describe, 60)
    assert "New, TLSv1.2" in connect("-sess_in", str(session))
