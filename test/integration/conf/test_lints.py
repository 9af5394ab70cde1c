"""What `frontd -t` says of what is allowed and hardly ever meant (reference: http.md 5.7)."""

import os
import subprocess

import pytest


def findings(files, *options):
    result = files.command("-t", *options, check=False)
    return result.returncode, result.stderr


WARNS = "http { server { listen 127.0.0.1:@http@; root @home@/nowhere; } }"


def test_strict_makes_errors_of_warnings(frontd_files):
    files = frontd_files(WARNS)
    code, said = findings(files)
    assert code == 0 and "warning: root" in said
    code, said = findings(files, "--strict")
    assert code == 1 and "error: root" in said and "1 error" in said
    (files.home / "nowhere").mkdir()
    assert findings(files, "--strict") == (0, "")


# (configuration of a server, what is said or None; what it is about)
REDIRECTS = [
    ("location / { proxy_pass http://127.0.0.1:1; } location /app/ { root @home@/www; } location /old { return 301 /app; }",
     "`/app` is answered by `/`"),
    ("location / { proxy_pass http://127.0.0.1:1; } location /app/ { root @home@/www; } location /old { return 301 /app?x#y; }",
     "`/app` is answered by `/`"),
    ("location / { proxy_pass http://127.0.0.1:1; } location /app/ { root @home@/www; } location /old { return 301 /app/; }", None),
    ("location / { proxy_pass http://127.0.0.1:1; } location /app/ { proxy_pass http://127.0.0.1:1; } location /old { return 301 /app; }",
     None),  # a proxy's location adds the slash
    ("root @home@/www; location / { } location /app/ { expires 1h; } location /old { return 301 /app; }", None),  # the directory does
    ("location / { return 302 /new; }", "leads to itself"),
    ("return 301 /new;", "leads to itself"),
    ("location / { return 302 /new; } location = /new { return 200 x; }", None),
    ("location / { return 301 https://$host$request_uri; }", None),
    ("location / { if ($arg_a) { return 302 /?b; } }", None),
    ("location /a { set $x y; return 302 /a/b; }", "leads to itself"),
]


@pytest.mark.parametrize("number", range(len(REDIRECTS)))
def test_redirects_lead_where_they_should(frontd_files, number):
    text, expected = REDIRECTS[number]
    files = frontd_files(f"http {{ server {{ listen 127.0.0.1:@http@; {text} }} }}")
    files.file("www/index.html", "x")
    code, said = findings(files)
    assert code == 0, said
    assert (expected or "warning") in said if expected else "warning" not in said, said


EXPOSED = [
    ("root @home@;", ("a private key is for the public", "served as /certs/default.key", "a certificate", "a part of the configuration",
                      "a log is for the public", "a file of passwords is for the public")),
    ("root @home@; location /certs/ { deny all; } location /logs/ { internal; }",
     ("a part of the configuration", "a file of passwords")),
    ("root @home@/www;", ()),
    ("location /x/ { alias @home@/certs/; }", ("a private key", "/x/default.key")),
    ("location /x { root @home@; }", ()),
    ("location /certs { root @home@; }", ("a private key",)),
    ("root @home@; return 301 https://elsewhere.test/;", ()),
    ("root @home@; deny all;", ()),
    ("root @home@; auth_basic a; auth_basic_user_file passwords;", ()),
    ("root @home@; location / { proxy_pass http://127.0.0.1:1; }", ()),
]


@pytest.mark.parametrize("number", range(len(EXPOSED)))
def test_what_is_not_for_the_public_is_named(frontd_files, number):
    text, expected = EXPOSED[number]
    files = frontd_files("""
http {
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    access_log logs/access.log;
    server { listen 127.0.0.1:@http@; """ + text + """ }
    server {
        listen 127.0.0.1:@https@ ssl;
        location / { auth_basic a; auth_basic_user_file passwords; root @home@/www; }
    }
}
""")
    files.file("passwords", "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
    files.file("www/index.html", "x")
    _, said = findings(files)
    for words in expected:
        assert words in said, said
    if not any("private key" in words for words in expected):
        assert "private key is" not in said, said
    if not expected:
        assert "is for the public" not in said, said


def test_old_packed_files_are_named(frontd_files):
    text = "http { server { listen 127.0.0.1:@http@; root @home@/www; %s location /a/ { } location /b/ { expires 1d; } } }"
    files = frontd_files(text % "")
    for name in ("deep/er/page.html", "deep/er/page.html.gz", "same.css", "same.css.gz", ".hidden/x", ".hidden/x.gz", "only.gz"):
        files.file(f"www/{name}", "x")
        os.utime(files.home / "www" / name, (1000, 1000))
    files.write_config(text % "gzip_static on;")
    assert "packed files" not in findings(files)[1]
    os.utime(files.home / "www/deep/er/page.html", (2000, 2000))
    os.utime(files.home / "www/.hidden/x", (2000, 2000))
    said = findings(files)[1]
    assert said.count("packed files are older") == 1 and "made of: deep/er/page.html.gz\n" in said, said
    files.write_config(text % "")
    assert "packed files" not in findings(files)[1]


def test_headers_that_are_lost_and_paths_that_change_are_noted(frontd_files):
    files = frontd_files("""
http {
    server {
        listen 127.0.0.1:@http@;
        add_header X-Outer 1;
        add_header X-Both 1;
        location /a/ { add_header X-Both 2; }
        location /b/ { add_header_inherit merge; add_header X-Inner 2; }
        location /c/ { proxy_pass http://127.0.0.1:1/up; }
        location /d { proxy_pass http://127.0.0.1:1/up/; }
        location /e/ { proxy_pass http://127.0.0.1:1/up/; }
        location /f { proxy_pass http://127.0.0.1:1; }
    }
}
""")
    code, said = findings(files, "--strict")
    assert code == 0, said
    assert said.count("add_header replaces") == 1 and "no `X-Outer` here" in said
    assert "`/c/x` becomes `/upx`" in said and "`/d/x` becomes `/up//x`" in said
    assert said.count("becomes") == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="a machine without IPv6 is made by root")
def test_a_machine_without_ipv6_cannot_listen_on_it(frontd_files):
    files = frontd_files("http { server { listen [::1]:@http@; listen 127.0.0.1:@http@; } }")
    assert "has no IPv6" not in findings(files)[1]
    script = 'mount -t tmpfs none /proc && exec "$@"'
    # pylint: disable-next=protected-access
    run = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", *map(str, files._words("-t"))],
                         capture_output=True, text=True, check=False, timeout=60)
    assert "this machine has no IPv6: nobody can listen on [::1]:" in run.stderr, run.stderr


def test_a_log_needs_a_directory(frontd_files):
    text = "http { access_log %s/access.log; server { listen 127.0.0.1:@http@; location / { access_log /dev/null; } } }"
    files = frontd_files(text % "@home@/nowhere")
    code, said = findings(files)
    assert code == 0 and "no log can be made in" in said and "/nowhere: No such file or directory" in said, said
    files.write_config(text % "logs")
    assert findings(files, "--strict") == (0, "")
