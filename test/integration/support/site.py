"""One frontd with everything in it, for tests that load it: static files, a proxied application and
mail, plain and over TLS."""

import shutil

CONFIG = """
worker_processes @workers@;
error_log logs/error.log notice;
http {
    access_log off;
    keepalive_requests 100000000;
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

PAGE = b"x" * 1024  # at /page


class Site:
    """`frontd` is running; `new_certificate` replaces its certificate's files."""

    def __init__(self, frontd_files, fast_backend, workers=1):
        self.frontd = frontd_files(
            CONFIG,
            workers=workers,
            backend=fast_backend("http", "--size", "1024").address,
            mail_backend=fast_backend("smtp").address,
        )
        self.frontd.file("www/page", PAGE)
        self.new_certificate("first")
        self.frontd.start()

    def port(self, name):
        """Of plain, tls, smtp."""
        return self.frontd.port(name)

    def new_certificate(self, name):
        """Puts another certificate and its key into place; returns its serial number."""
        cert, key = self.frontd.certificates.make(name)
        shutil.copy(key, self.frontd.home / "live.key")
        shutil.copy(cert, self.frontd.home / "live.crt")
        return self.frontd.certificates.serial(name)
