"""https backends: Debian's nginx behind frontd, and behind nginx with the same configuration."""

import pytest
from support.certs import Certificates
from support.nginx_origin import NginxOrigin

CONFIG = """
worker_processes 1;
error_log logs/error.log info;
events { worker_connections 512; }
http {
    proxy_ssl_trusted_certificate @authority@;
    proxy_http_version 1.1;
    proxy_ssl_protocols TLSv1.2 TLSv1.3; # nginx 1.22 leaves 1.3 out
    proxy_ssl_session_reuse off;                # nginx resumes one name's session for another
    server {
        listen 127.0.0.1:@http@;
        location /plain/ { proxy_pass https://127.0.0.1:@tls@; }
        location /told/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_server_name on; proxy_ssl_name named.test;
                          proxy_set_header Host named.test; }
        location /untold/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_name named.test; }
        location /host/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_server_name on; proxy_ssl_name $http_x_name; }
        location /good/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on; proxy_ssl_server_name on;
                          proxy_ssl_name named.test; }
        location /good-default/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on; proxy_ssl_name default.test; }
        location /bad-name/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on; proxy_ssl_name other.test; }
        location /untold-name/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on; proxy_ssl_name named.test; }
        location /stranger/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on; proxy_ssl_name default.test;
                              proxy_ssl_trusted_certificate @stranger@; }
        location /stranger-off/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_trusted_certificate @stranger@; }
        location /old/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_protocols TLSv1.2;
                         proxy_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256; }
        location /new/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_protocols TLSv1.3; }
        location /closing/never/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_protocols TLSv1.2; }
        location /closing/old/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_protocols TLSv1.2;
                                 proxy_ssl_session_reuse on; }
        location /closing/new/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_protocols TLSv1.3;
                                 proxy_ssl_session_reuse on; }
        location /closing/host/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_server_name on;
                                  proxy_ssl_name $http_x_name; proxy_ssl_session_reuse on; }
        location /closing/verified/ { proxy_pass https://127.0.0.1:@tls@; proxy_ssl_verify on;
                                      proxy_ssl_name $http_x_name; proxy_ssl_session_reuse on; }
    }
}
"""


class Proxies:
    """The origin, and frontd and nginx before it."""

    def __init__(self, origin, running, beside, connect):
        self.origin = origin
        self.frontd = running
        self.ports = {"frontd": running.port("http"), "nginx": beside.port}
        self._connect = connect

    def ask(self, who, target, *fields):
        """The status, and what the origin saw of it: name told, protocol, cipher, session, host, URI."""
        before = len(self.origin.seen())
        with self._connect(self.ports[who]) as client:
            reply = client.request(target, fields=fields)
        if reply.status != 200:
            return reply.status, None
        return reply.status, self.origin.wait_for_requests(before + 1)[-1][:6]


@pytest.fixture
def proxies(frontd, nginx, connect, tmp_path):
    started = []

    def start(text="ssl_protocols TLSv1.2 TLSv1.3;"):
        certificates = Certificates(tmp_path)
        (tmp_path / "other").mkdir()
        started.append(NginxOrigin(certificates, text).start())
        running = frontd(CONFIG, tls=started[-1].port, authority=str(certificates.authority),
                         stranger=str(Certificates(tmp_path / "other").authority))
        return Proxies(started[-1], running, nginx(running), connect)

    yield start
    for origin in started:
        origin.close()


EXPECTED = {
    "/plain/": (200, "-", "TLSv1.3"),
    "/told/": (200, "named.test", "TLSv1.3"),
    "/untold/": (200, "-", "TLSv1.3"),
    "/good/": (200, "named.test", "TLSv1.3"),
    "/good-default/": (200, "-", "TLSv1.3"),
    "/bad-name/": (502,),
    "/untold-name/": (502,),
    "/stranger/": (502,),
    "/stranger-off/": (200, "-", "TLSv1.3"),
    "/old/": (200, "-", "TLSv1.2"),
    "/new/": (200, "-", "TLSv1.3"),
}


def test_the_origin_sees_the_same_of_both(proxies):
    """Names, protocols and ciphers, and who is not trusted. Sessions are another test's."""
    both = proxies()
    for target, expected in EXPECTED.items():
        ours, theirs = (both.ask(who, target) for who in ("frontd", "nginx"))
        assert ours[0] == theirs[0] == expected[0], target
        if ours[1]:
            assert ours[1][:3] == theirs[1][:3] and ours[1][4:] == theirs[1][4:], target
            assert tuple(ours[1][:2]) == expected[1:], target
    assert both.ask("frontd", "/old/")[1][2] == "ECDHE-ECDSA-AES128-GCM-SHA256"
    log = both.frontd.log()
    assert "hostname mismatch" in log and "certificate signature failure" in log  # both authorities have one name


def test_a_name_from_the_request(proxies):
    both = proxies()
    for name in ("named.test", "default.test", "unknown.test", "127.0.0.1"):
        ours, theirs = (both.ask(who, "/host/", f"X-Name: {name}") for who in ("frontd", "nginx"))
        assert ours[1][0] == theirs[1][0] == ("-" if name == "127.0.0.1" else name)


@pytest.mark.parametrize("target", ["/host/", "/closing/host/"])
def test_connections_and_sessions_of_one_name_are_not_used_for_another(proxies, target):
    """Kept ones, and resumed ones. nginx, whose sessions belong to an address, is no example."""
    both = proxies()
    for name in ("default.test", "unknown.test", "default.test", "unknown.test"):
        assert both.ask("frontd", target, f"X-Name: {name}")[1][0] == name


def test_what_was_not_verified_is_not_used_for_who_verifies(proxies):
    both = proxies()
    for name, status in (("default.test", 200), ("named.test", 502)) * 2:
        assert both.ask("frontd", "/untold/")[0] == 200
        assert both.ask("frontd", "/closing/host/", f"X-Name: {name}")[0] == 200
        assert both.ask("frontd", "/closing/verified/", f"X-Name: {name}")[0] == status


@pytest.mark.parametrize("target, expected", [("/closing/old/", ".rrr"), ("/closing/new/", ".rrr"),
                                              ("/closing/never/", "....")])
def test_sessions_are_resumed_as_by_nginx(proxies, target, expected):
    both = proxies()
    for who in ("frontd", "nginx"):
        assert "".join(both.ask(who, target)[1][3] for _ in range(4)) == expected, who


@pytest.mark.parametrize("only, refused", [("TLSv1.2", "/new/"), ("TLSv1.3", "/old/")])
def test_an_origin_that_speaks_another_protocol(proxies, only, refused):
    both = proxies(f"ssl_protocols {only};")
    for who in ("frontd", "nginx"):
        assert both.ask(who, "/plain/")[1][1] == only
        assert both.ask(who, refused)[0] == 502
    assert "TLS with the backend failed: " in both.frontd.log()


def test_an_origin_that_asks_for_a_certificate(proxies):
    """Nobody has one to show; who does not insist answers all the same."""
    both = proxies("ssl_verify_client optional_no_ca;")
    for who in ("frontd", "nginx"):
        assert both.ask(who, "/told/")[0] == 200


def test_an_origin_that_restarts(proxies):
    """Kept connections and sessions of before are worth nothing, and cost nobody a request."""
    both = proxies()
    for target in ("/plain/", "/old/", "/closing/old/"):
        assert both.ask("frontd", target)[0] == 200
    both.origin.restart()
    for target in ("/plain/", "/old/", "/closing/old/"):
        assert both.ask("frontd", target)[0] == 200
