"""`frontd --explain`: who answers a request and why, without asking anybody."""

import pytest

CONFIG = """
http {
    map $arg_x $kind { default plain; 1 one; }
    server {
        listen 127.0.0.1:@http@;
        server_name a.test *.b.test ~^c[0-9]+$;
        root @home@;
        rewrite ^/old/(.*)$ /app/$1;
        location / { add_header X-Kind $kind; }
        location = /exact { return 301 /elsewhere; }
        location ^~ /final/ { }
        location ~ ^/app/(?<name>\\w+)$ {
            if ($arg_stop) { return 403; }
            proxy_set_header X-Name $name;
            proxy_pass http://127.0.0.1:1;
            access_log logs/app.log;
        }
        location /hidden/ { internal; }
        location /tries/ { try_files $uri /nothing @named; }
        location @named { return 204; }
        location /away/ { rewrite ^/away/(.*) http://z.test/$1; }
        location /asks/ { auth_basic who; auth_basic_user_file users; }
    }
    server { listen 127.0.0.1:@http@ default_server; server_name other.test; access_log off; }
}
"""


@pytest.fixture(name="explain")
def _explain(frontd_files):
    proxy = frontd_files(CONFIG)

    def run(target, *fields, host="a.test", check=True):
        words = [word for field in fields for word in ("-H", field)]
        url = f"http://{host}:{proxy.port('http')}{target}"
        result = proxy.command("--explain", url, *words, check=check)
        return result.stdout if check else result

    return run


@pytest.mark.parametrize("host, words", [
    ("a.test", "its name is a.test"),
    ("x.b.test", "its name is *.b.test"),
    ("c12", "its name ~^c[0-9]+$ matches"),
    ("nobody", "the default one: no server is called nobody"),
])
def test_server_and_why(explain, host, words):
    assert words in explain("/", host=host)


@pytest.mark.parametrize("target, words", [
    ("/x", "location  / for /x"),
    ("/exact", "it is this very path"),
    ("/final/x", "which regular expressions do not go before"),
    ("/app/x", "the first regular expression that matches"),
    ("/hidden/x", "it is internal: 404"),
    ("/x/%2e%2e/final/", "location  /final/ for /final/"),
])
def test_location_and_why(explain, target, words):
    assert words in explain(target)


def test_what_a_backend_would_see(explain):
    text = explain("/old/mail?x=1", "Cookie: a=b", "Connection: Cookie")
    assert "the path is now /app/mail?x=1" in text
    assert "backend   http://127.0.0.1:1" in text
    for line in ("GET /app/mail?x=1 HTTP/1.1", "X-Name: mail", "Host: 127.0.0.1:1", "Cookie: a=b"):
        assert line in text
    assert "logs/app.log (combined)" in text


def test_steps_and_what_they_answer(explain):
    text = explain("/app/x?stop=1")
    assert text.index(" holds") < text.index("step      return") < text.index("answer    403 Forbidden")
    assert "does not hold" in explain("/app/x")
    assert "answer    301 Moved Permanently" in explain("/exact")
    assert "Location: http://z.test/x?y" in explain("/away/x?y")


def test_way_that_try_files_goes(explain):
    text = explain("/tries/x")
    assert text.index("step      try_files") < text.index("location  @named") < text.index("answer    204")


def test_file_fields_and_password(explain):
    text = explain("/x.txt?x=1")
    assert "X-Kind: one (not to errors)" in text and "/x.txt" in text
    assert "a name and a password of" in explain("/asks/")
    assert "log       none" in explain("/", host="nobody")


def test_what_nobody_answers(explain, frontd_files):
    assert explain("/\x01", check=False).returncode == 1
    result = frontd_files(CONFIG).command("--explain", "http://a.test:1/", check=False)
    assert result.returncode == 1 and "nothing listens there" in result.stdout
    result = frontd_files(CONFIG).command("--explain", "ftp://a.test/", check=False)
    assert result.returncode == 1 and "no URL" in result.stdout
