"""Debian's nginx as an HTTPS backend."""

from .servers import Server
from .wait import wait_until

_CONFIG = """daemon off; worker_processes 1; pid {home}/nginx.pid; error_log {home}/error.log info;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {home}/t; proxy_temp_path {home}/t; fastcgi_temp_path {home}/t;
    uwsgi_temp_path {home}/t; scgi_temp_path {home}/t;
    log_format tls '$ssl_server_name|$ssl_protocol|$ssl_cipher|$ssl_session_reused|$host|$request_uri|'
                   '$connection_requests';
    access_log {home}/access.log tls;
    server {{
        listen 127.0.0.1:{port} ssl default_server;
        server_name default.test;
        ssl_certificate {default[0]}; ssl_certificate_key {default[1]};
        {text}
        location / {{ return 200 "default"; }}
        location /closing {{ keepalive_timeout 0; return 200 "closing"; }}
        location = /health {{ return 204; }}
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name named.test;
        ssl_certificate {named[0]}; ssl_certificate_key {named[1]};
        {text}
        location / {{ return 200 "named"; }}
        location = /health {{ return 204; }}
    }}
}}
"""


class NginxOrigin(Server):
    """Two names with a certificate each: default.test, for whoever names nobody, and named.test. `text`
    is added to both."""

    def __init__(self, certificates, text=""):
        super().__init__()
        self._certificates = certificates
        self._text = text

    def words(self):
        pairs = {name: self._certificates.make(name, (f"{name}.test",)) for name in ("default", "named")}
        path = self.home / "nginx.conf"
        path.write_text(_CONFIG.format(home=self.home, port=self.port, text=self._text, **pairs), encoding="ascii")
        return ["nginx", "-p", f"{self.home}/", "-c", str(path)]

    def restart(self):
        """The same certificates are not needed: others are made, by the same authority."""
        self.process.terminate()
        self.process.wait(20)
        return self.start()

    def seen(self):
        """A list for each request: name told, protocol, cipher, "r" or "." (session reused), host, URI, number on
        its connection. nginx writes a line when it has sent the answer: see wait_for_requests."""
        path = self.home / "access.log"
        return [line.split("|") for line in path.read_text("ascii").splitlines()] if path.exists() else []

    def wait_for_requests(self, count):
        """`seen` when there are so many."""
        return wait_until(lambda: len(seen := self.seen()) >= count and seen, f"request {count}", 30.0)
