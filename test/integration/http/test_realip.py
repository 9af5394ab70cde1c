"""set_real_ip_from and its like: who nginx says the client is, for the same requests; and trusted_proxies."""

import subprocess

from support.wait import wait_until

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    log_format who '$remote_addr $realip_remote_addr $uri';
    access_log logs/access.log who;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        set_real_ip_from 127.0.0.1;
        set_real_ip_from 10.0.0.0/8;
        set_real_ip_from fd00::/8;
        set_real_ip_from unix:;
        location /default { }
        location /list { real_ip_header X-Forwarded-For; }
        location /back { real_ip_header X-Forwarded-For; real_ip_recursive on; }
        location /other { real_ip_header CF-Connecting-IP; }
        location /agent { real_ip_header User-Agent; }
        location /nobody { set_real_ip_from 192.0.2.1; }
        location /closed { real_ip_header X-Forwarded-For; deny 192.0.2.66; }
    }
    @more@
}
"""

PATHS = ["default", "list", "back", "other", "agent", "nobody", "closed"]
FIELDS = [
    [],
    ["X-Real-IP: 192.0.2.66"],
    ["X-Real-IP: 192.0.2.66:1234"],
    ["X-Real-IP: [2001:db8::1]:1234"],
    ["X-Real-IP: nonsense"],
    ["X-Real-IP: 192.0.2.1, 192.0.2.2"],
    ["X-Forwarded-For: 192.0.2.66"],
    ["X-Forwarded-For: 192.0.2.66, 10.1.2.3"],
    ["X-Forwarded-For: 192.0.2.1, 192.0.2.66, 10.1.2.3, fd00::1"],
    ["X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 10.1.2.3"],
    ["X-Forwarded-For: unknown, 10.1.2.3"],
    ["X-Forwarded-For: 10.1.2.3, 10.1.2.4"],
    ["X-Forwarded-For:"],
    ["CF-Connecting-IP: 2001:db8::66"],
    ["User-Agent: 192.0.2.77"],
]


def ask(port, path, fields=(), source="127.0.0.1"):
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--interface", source]
    for field in fields:
        command += ["-H", field]
    return subprocess.run([*command, f"http://127.0.0.1:{port}/{path}"], capture_output=True, check=True).stdout


def test_nginx_knows_the_same_clients(frontd_files, nginx):
    proxy = frontd_files(SITE, more="")
    for path in PATHS:
        proxy.file("www/" + path, path)
    beside = nginx(proxy.start())
    ask(proxy.port("http"), "")  # as the one that found nginx listening
    statuses = set()
    for path in PATHS:
        for fields in FIELDS:
            for source in ("127.0.0.1", "127.0.0.2"):
                its = ask(beside.port, path, fields, source)
                assert ask(proxy.port("http"), path, fields, source) == its, (path, fields)
                statuses.add(its)
    assert statuses == {b"200", b"403"}
    logs = ("access.log", "nginx-access.log")  # either may write its last line after the answer
    wait_until(lambda: len({len(proxy.log_lines(name)) for name in logs}) == 1, proxy.describe)
    ours = proxy.log_lines("access.log")
    assert any(line.startswith("192.0.2.66 127.0.0.1 ") for line in ours)
    assert ours == proxy.log("nginx-access.log").splitlines()[-len(ours):]


NATIVE = """server {
        listen 127.0.0.1:@native@;
        root @home@/www;
        location / { trusted_proxies 127.0.0.1 10.0.0.0/8; }
        location /file { trusted_proxies file proxies.conf; }
        location /flare { trusted_proxies file proxies.conf; real_ip_header CF-Connecting-IP; }
        location /step { trusted_proxies 127.0.0.1 10.0.0.0/8; real_ip_recursive off; }
    }"""

LIST = """# a list as nginx's users have it
set_real_ip_from 127.0.0.0/30; # loopback
set_real_ip_from 2001:db8::/32;
10.0.0.0/8

real_ip_header CF-Connecting-IP;
"""


def test_trusted_proxies_is_all_it_takes(frontd_files):
    proxy = frontd_files(SITE.replace("@more@", NATIVE))
    proxy.file("proxies.conf", LIST)
    proxy.start()
    for path, field, who in (
        ("/a", "X-Forwarded-For: 192.0.2.1, 192.0.2.66, 10.0.0.1", "192.0.2.66"),
        ("/b", "X-Real-IP: 192.0.2.66", "127.0.0.1"),
        ("/file", "X-Forwarded-For: 192.0.2.1, 2001:db8::1", "192.0.2.1"),
        ("/flare", "CF-Connecting-IP: 192.0.2.5", "192.0.2.5"),
        ("/step", "X-Forwarded-For: 192.0.2.1, 10.0.0.1", "10.0.0.1"),
    ):
        ask(proxy.port("native"), path[1:], [field])
        proxy.wait_for_log(rf"^{who} 127\.0\.0\.1 {path}$", "access.log")


def test_what_is_wrong_stops_the_start(frontd_files):
    proxy = frontd_files("""http { server { real_ip_header proxy_protocol;
        location /a { trusted_proxies file nowhere; }
        location /b { trusted_proxies file bad; }
        location /c { set_real_ip_from x.org; } } }""")
    proxy.file("bad", "10.0.0.0/8\n10.0.0.0/99\n")
    output = proxy.command("-t", check=False)
    output = output.stdout + output.stderr
    for words in ("http takes no PROXY header", "cannot read", "`10.0.0.0/99` is no network", "bad:2:1", "`x.org` is no"):
        assert words in output.replace("\n", " "), output
