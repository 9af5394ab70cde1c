"""allow, deny, satisfy: what nginx answers, and logs, to the same requests with the same configuration."""

import base64
import re
import subprocess

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    access_log off;
    auth_basic_user_file passwords;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        location /open { }
        location /one { deny 127.0.0.2; }
        location /first { allow 127.0.0.2; deny 127.0.0.0/30; allow all; }
        location /nobody { deny all; }
        location /six { allow ::1; allow 2001:db8::/32; allow unix:; deny all; }
        location /both { allow 127.0.0.1; deny all; auth_basic "both"; }
        location /any { satisfy any; allow 127.0.0.1; deny all; auth_basic "any"; }
        location /any-address { satisfy any; allow 127.0.0.1; deny all; }
        location /any-password { satisfy any; auth_basic "any"; }
        location /any-missing { satisfy any; deny all; auth_basic "any"; auth_basic_user_file nowhere; }
        location /returns { deny all; return 200 "returned"; }
        location /reads { limit_except GET { deny all; } }
        location /writes { allow 127.0.0.3; deny all; limit_except GET POST { allow 127.0.0.1; deny all; } }
        location /login { limit_except GET OPTIONS { auth_basic "to write"; } }
        location /inherits { deny 127.0.0.2; limit_except POST { } }
        location /directory/ { deny 127.0.0.3; }
        location /directory/index.html { deny 127.0.0.2; }
    }
}
"""

PATHS = ["open", "one", "first", "nobody", "six", "both", "any", "any-address", "any-password", "any-missing",
         "returns", "directory/", "directory/index.html"]
SOURCES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.5"]
LOGINS = [None, "plain:secret", "plain:wrong"]


def ask(port, path, source="127.0.0.1", login=None, fields=(), method="GET"):
    """(status, WWW-Authenticate, body if it is 200)"""
    command = ["curl", "-s", "-i", "--max-time", "30", "--interface", source, "-X", method]
    for field in fields:
        command += ["-H", field]
    if login:
        command += ["-H", "Authorization: Basic " + base64.b64encode(login.encode()).decode()]
    answer = subprocess.run([*command, f"http://127.0.0.1:{port}/{path}"], capture_output=True, check=True).stdout
    head, _, body = answer.partition(b"\r\n\r\n")
    realm = re.search(rb"(?im)^WWW-Authenticate: (.*?)\r?$", head)
    status = int(head.split()[1])
    return status, realm and realm[1], body if status == 200 else b""


def rules_of(text, port):
    """What the error log says of rules, without time, process, connection and port."""
    line = re.compile(r"\[error\] \d+#\d+: \*\d+ (access forbidden by rule.*)$", re.M)
    return line.findall(text.replace(f":{port}", ":PORT"))


def test_nginx_lets_in_the_same(frontd_files, nginx):
    proxy = frontd_files(SITE)
    proxy.file("passwords", "plain:{PLAIN}secret\n")
    for path in PATHS:
        proxy.file("www/" + (path + "index.html" if path.endswith("/") else path), path)
    beside = nginx(proxy.start())
    statuses = set()
    for path in PATHS:
        for source in SOURCES:
            for login in LOGINS:
                its = ask(beside.port, path, source, login)
                assert ask(proxy.port("http"), path, source, login) == its, (path, source, login)
                statuses.add(its[0])
    assert statuses == {200, 401, 403}
    ours = rules_of(proxy.log(), proxy.port("http"))
    assert len(ours) > 10
    assert ours == rules_of(beside.log_path.read_text(), beside.port)


def test_nginx_excepts_the_same_methods(frontd_files, nginx):
    proxy = frontd_files(SITE)
    proxy.file("passwords", "plain:{PLAIN}secret\n")
    paths = ["reads", "writes", "login", "inherits"]
    for path in paths:
        proxy.file("www/" + path, path)
    beside = nginx(proxy.start())
    statuses = set()
    for path in paths:
        for method in ("GET", "POST", "PUT", "PROPFIND", "OPTIONS", "BREW"):
            for source in SOURCES[:3]:
                for login in LOGINS[:2]:
                    its = ask(beside.port, path, source, login, method=method)
                    assert ask(proxy.port("http"), path, source, login, method=method) == its, (path, method, source)
                    statuses.add(its[0])
    assert statuses == {200, 401, 403, 405}


def test_what_is_no_network_stops_the_start(frontd_files):
    result = frontd_files("http { server { allow 192.0.2.0/33; deny nobody; location / { limit_except FOO { } } } }").command("-t", check=False)
    assert result.returncode == 1
    output = result.stdout + result.stderr
    assert "`192.0.2.0/33` is no network" in output and "`nobody` is no network" in output
    output = frontd_files("http { server { location / { limit_except FOO { } } } }").command("-t", check=False)
    assert "unknown method `FOO`" in output.stdout + output.stderr
