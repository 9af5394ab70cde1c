"""The servers that are compared, each with the same pages, certificate and backends. Each has one
worker, on CPU 0, and writes no access log."""

import os
import pathlib
import signal
import subprocess
import time

from support.ports import free_port, listening_ports
from support.processes import cpu_seconds, memory_kib, session_processes
from support.wait import wait_until

# The same for both: what a site does that uses the language. {{ and }} are braces.
_LANGUAGE_MAP = """
    map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
    map $uri $cache {{ default "no-cache"; ~*\\.(css|js)$ "max-age=3600"; ~\\.txt$ "max-age=60"; }}
"""
_LANGUAGE_SERVER = """
    server {{
        listen 127.0.0.1:{language};
        root {home}/www;
        set $kind plain;
        if ($request_method = TRACE) {{ return 405; }}
        if ($http_user_agent ~* "(curl|wget)") {{ set $kind tool; }}
        rewrite ^/old/(.*)$ /$1;
        location / {{ return 404; }}
        location = /favicon.ico {{ return 204; }}
        location ~ \\.php$ {{ return 403; }}
        location ~* \\.(jpg|jpeg|png|gif|svg|css|js)$ {{ return 404; }}
        location ~ ^/(?<name>[0-9]+k)\\.txt$ {{
            add_header Cache-Control $cache;
            add_header X-Kind "$kind $name $scheme://$host$request_uri";
            if ($arg_download) {{ add_header Content-Disposition attachment; }}
        }}
    }}
"""

_NGINX = """\
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
user nobody nogroup;
worker_processes 1;
worker_rlimit_nofile 15000;
pid {home}/nginx.pid;
error_log {home}/nginx.log error;
events {{
    worker_connections 12000;
}}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 600s;
    keepalive_requests 100000000;
    default_type text/plain;
    client_body_temp_path {home}/nginx-temp/body;
    proxy_temp_path {home}/nginx-temp/proxy;
    fastcgi_temp_path {home}/nginx-temp/fastcgi;
    scgi_temp_path {home}/nginx-temp/scgi;
    uwsgi_temp_path {home}/nginx-temp/uwsgi;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    upstream backend {{
        server 127.0.0.1:{http_backend};
        keepalive 64;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{plain} backlog=4096;
        listen 127.0.0.1:{tls} ssl http2 backlog=4096;
        root {home}/www;
        location /proxied {{
            proxy_pass http://backend;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
""" + _LANGUAGE_MAP + _LANGUAGE_SERVER + """
    server {{
        listen 127.0.0.1:{auth};
        location / {{
            add_header Auth-Status OK;
            add_header Auth-Server 127.0.0.1;
            add_header Auth-Port {smtp_backend};
            return 204;
        }}
    }}
}}
mail {{
    server_name front.example;
    auth_http 127.0.0.1:{auth}/;
    xclient on;
    smtp_capabilities "SIZE 104857600" PIPELINING 8BITMIME;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    server {{
        listen 127.0.0.1:{smtp};
        protocol smtp;
        smtp_auth none;
        starttls on;
    }}
}}
"""

_FRONTD = """\
daemon off;
user nobody nogroup;
worker_processes 1;
pid {home}/frontd.pid;
error_log {home}/frontd.log error;
events {{
    worker_connections 12000;
}}
http {{
    access_log off;
    sendfile on;
    keepalive_timeout 600s;
    keepalive_requests 100000000;
    default_type text/plain;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl http2;
        root {home}/www;
        location /proxied {{
            proxy_pass http://127.0.0.1:{http_backend};
        }}
    }}
""" + _LANGUAGE_MAP + _LANGUAGE_SERVER + """
}}
mail {{
    server_name front.example;
    xclient on;
    smtp_capabilities "SIZE 104857600" PIPELINING 8BITMIME;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    server {{
        listen 127.0.0.1:{smtp};
        protocol smtp;
        smtp_auth none;
        starttls on;
        trusted_sources 127.0.0.0/8;
        proxy_pass 127.0.0.1:{smtp_backend};
    }}
}}
"""


class Server:
    """A server under test. `ports`: plain, tls, smtp, language."""

    name = ""
    config = ""

    def __init__(self, home, values):
        self.home = home
        self.ports = {name: free_port() for name in ("plain", "tls", "smtp", "auth", "language")}
        self.config_path = home / f"{self.name}.conf"
        self.config_path.write_text(self.config.format(home=home, **values, **self.ports), encoding="ascii")
        self.wrapper = []  # what runs the command
        self._process = None

    def command(self):
        raise NotImplementedError

    def start(self, cpu=0):
        with open(self.home / f"{self.name}.out", "ab") as output:
            self._process = subprocess.Popen(  # pylint: disable=consider-using-with
                pinned(cpu, [*self.wrapper, *self.command()]),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(self._is_ready, lambda: f"{self.name} serves:\n{self.output()}", timeout=20)
        time.sleep(0.5)  # workers read their configuration after the master listens

    def stop(self):
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        wait_until(lambda: not self.processes(), f"{self.name} ends", timeout=20)
        self._process = None

    def reload(self):
        """Asks for a reload, and does not wait: what it does meanwhile is what is looked at."""
        self._process.send_signal(signal.SIGHUP)

    def leader(self):
        """The process that was started."""
        return self._process.pid

    def processes(self):
        return list(session_processes(self._process.pid))

    def cpu_seconds(self):
        return cpu_seconds(self.processes())

    def memory_kib(self, *kinds):
        return memory_kib(self.processes(), *kinds)

    def output(self):
        logs = (self.home / f"{self.name}.out", self.home / f"{self.name}.log")
        return "".join(path.read_text("utf-8", "replace")[-4000:] for path in logs if path.exists())

    def _is_ready(self):
        if self._process.poll() is not None:
            raise AssertionError(f"{self.name} ended with {self._process.returncode}:\n{self.output()}")
        needed = {self.ports["plain"], self.ports["tls"], self.ports["smtp"]}
        return needed <= listening_ports() and len(self.processes()) > 1


class Nginx(Server):
    """Debian's, tuned as a good operator would: keep-alive towards backends, sendfile."""

    name = "nginx"
    config = _NGINX

    def command(self):
        (self.home / "nginx-temp").mkdir(exist_ok=True)
        return ["nginx", "-p", str(self.home), "-c", str(self.config_path), "-e", str(self.home / "nginx.log")]


class Frontd(Server):
    """The release build of this tree."""

    name = "frontd"
    config = _FRONTD
    binary = None  # set by run

    def command(self):
        return [str(self.binary), "-p", f"{self.home}/", "-c", str(self.config_path)]


class BesideFrontd(Frontd):
    """Another build of frontd, to be compared."""

    name = "beside"
    config = _FRONTD.replace("{home}/frontd.", "{home}/beside.")

    def command(self):
        (self.home / "beside").mkdir(exist_ok=True)  # its control socket is there
        return [str(self.binary), "-p", f"{self.home}/beside/", "-c", str(self.config_path)]


class GuardedFrontd(Frontd):
    """The same with a place that asks for passwords."""

    name = "guarded"
    config = _FRONTD.replace(
        "        location /proxied {{",
        '        location /private {{ auth_basic x; auth_basic_user_file {home}/passwords; auth_cache 0; }}\n'
        "        location /proxied {{",
    ).replace("{home}/frontd.", "{home}/guarded.")

    def __init__(self, home, values, passwords):
        super().__init__(home, values)
        (home / "passwords").write_text(passwords, encoding="ascii")
        (home / "www/private").write_text("private\n", encoding="ascii")

    def command(self):
        (self.home / "guarded").mkdir(exist_ok=True)  # its control socket is there
        return [str(self.binary), "-p", f"{self.home}/guarded/", "-c", str(self.config_path)]


def pinned(cpu, command):
    """The command on that CPU; as it is where there is only one."""
    return ["taskset", "-c", str(cpu), *command] if len(os.sched_getaffinity(0)) > 1 else command


def find_frontd(build):
    for path in (pathlib.Path(build) / "frontd", pathlib.Path(build) / "proxy/process/frontd"):
        if path.is_file():
            return path.resolve()
    raise SystemExit(f"no program frontd in {build}")
