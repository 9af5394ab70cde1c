"""ssl_reject_handshake of the http block."""

from differential.cases import get

CONFIG = """
http {
    ssl_reject_handshake on;
    server { listen @https@ ssl default_server; server_name b.test; }
    server {
        listen @https@ ssl;
        server_name a.test;
        ssl_reject_handshake off;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        return 200 "taken\\n";
    }
}
"""

DIFFERS = ("name", "connection kept")

CASES = [
    get("/", port="https", tls=True),
    *(get("/", host=name, port="https", tls=name) for name in ("b.test", "c.test")),
]
