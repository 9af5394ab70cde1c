"""nginx and frontd on one configuration: the same ports on two loopback addresses, the same site, the
same backends."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from support.certs import Certificates
from support.ports import free_port, listening_ports
from support.wait import wait_until

NGINX, FRONTD = "127.0.0.1", "127.0.0.2"
NOBODY = 65534
THEN = 784111777  # when every file of a site was changed last: Sun, 06 Nov 1994 08:49:37 GMT

_NGINX_MAIN = """daemon off; worker_processes 1; pid @home@/nginx.pid; error_log @home@/logs/error.log info;
events { worker_connections 512; }
"""
_NGINX_HTTP = " ".join(f"{kind}_temp_path @home@/temp;" for kind in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))


def encrypt(key):
    subprocess.run(["openssl", "pkcs8", "-topk8", "-v2", "aes-128-cbc", "-in", key, "-out", key + ".sealed",
                    "-passout", "pass:sealed"], check=True, capture_output=True)
    os.replace(key + ".sealed", key)


class Place:
    """What both servers of a theme share: files, names of ports, certificates. In the configuration
    @site@ is the directory of the theme's files, a name that some `listen` has the address and port of it,
    @cert@ and @key@ a certificate for a.test, @cert_x@
    and @key_x@ one for x.test (the key of @cert_sealed@ is encrypted), @authority@ who signed them; a backend's name its address; @dead@ an address where
    nobody is."""

    def __init__(self, theme, backends):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="differential-"))
        self.directory.chmod(0o755)
        self.ports = {name: free_port() for name in re.findall(r"\blisten\s+@(\w+)@", theme.CONFIG)}
        self._values = {"site": str(self.directory / "site"), "dead": f"127.0.0.1:{free_port()}"}
        self._values.update((name, backend.address) for name, backend in backends.items())
        self._make_certificates(sorted(set(re.findall(r"@cert(_\w+)?@", theme.CONFIG))))
        self.write_site(getattr(theme, "FILES", {}))

    def _make_certificates(self, kinds):
        if not kinds:
            return
        certificates = Certificates(self.directory)
        self._values["authority"] = str(certificates.authority)
        for kind in kinds:
            name = f"{kind[1:] or 'a'}.test"
            self._values["cert" + kind], self._values["key" + kind] = certificates.make(name, (name,))
            if kind == "_sealed":  # by the pass phrase "sealed"
                encrypt(self._values["key" + kind])

    def write_site(self, files):
        """Text or bytes make a file; None a directory; ("to", path) a link, ("other's", path) one of another user;
        ("mode", n, text) a file."""
        site = self.directory / "site"
        site.mkdir()
        for name, content in files.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.mkdir(exist_ok=True)
            elif isinstance(content, tuple) and content[0] in ("to", "other's"):
                path.symlink_to(content[1])
                if content[0] == "other's" and os.geteuid() == 0:
                    os.lchown(path, NOBODY, NOBODY)
                continue
            else:
                mode = 0o644
                if isinstance(content, tuple):
                    _, mode, content = content
                path.write_bytes(content.encode() if isinstance(content, str) else content)
                path.chmod(mode)
        for path in [site, *site.rglob("*")]:
            if not path.is_symlink():
                os.utime(path, (THEN, THEN))

    def values(self, address):
        return {**self._values, **{name: f"{address}:{port}" for name, port in self.ports.items()}}

    def remove(self):
        shutil.rmtree(self.directory)


class Nginx:
    """Debian's nginx on a theme's configuration, below its own prefix."""

    def __init__(self, theme, place, config):
        self.home = place.directory / "nginx"
        (self.home / "logs").mkdir(parents=True)
        (self.home / "temp").mkdir(mode=0o777)
        (self.home / "temp").chmod(0o777)
        (self.home / "html").mkdir()
        (self.home / "html/index.html").write_text("Welcome to nginx!\n")  # as Debian has it
        modules = [f"load_module /usr/lib/nginx/modules/{name}.so;\n" for name in getattr(theme, "MODULES", ())]
        text = "".join(modules) + _NGINX_MAIN + config.replace("http {", "http { " + _NGINX_HTTP, 1)
        for name, value in {**place.values(NGINX), "home": str(self.home)}.items():
            text = text.replace(f"@{name}@", value)
        (self.home / "nginx.conf").write_text(text, encoding="utf-8")
        self._ports = set(place.ports.values())
        with open(self.home / "output", "wb") as output:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                ["nginx", "-p", f"{self.home}/", "-c", str(self.home / "nginx.conf")],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            wait_until(self._is_ready, self.describe, timeout=20)
        except AssertionError:
            self.quit()
            raise

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError("nginx does not start:\n" + self.describe())
        return self._ports <= listening_ports()

    def describe(self):
        """Why it does not start, or what it did."""
        log = self.home / "logs/error.log"
        return (self.home / "output").read_text() + (log.read_text("utf-8", "replace")[-4000:] if log.exists() else "")

    def log_lines(self, name):
        return (self.home / "logs" / name).read_text("utf-8", "replace").splitlines()

    def quit(self):
        """Ends it when everything is written."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)
