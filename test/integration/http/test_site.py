"""What frontd does for a site in one line."""

import subprocess

CONFIG = """
http {
    acme_webroot @home@/acme;
    https_redirect on;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl;
        server_name a.test;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        return 200 "inside";
    }
    server {
        listen 127.0.0.1:@http@;
        server_name plain.test;
        https_redirect off;
        location / { return 200 "in the clear"; }
        location /.well-known/acme-challenge/ { return 200 "somebody else's"; }
    }
}
"""


def curl(proxy, url, *words):
    run = subprocess.run(
        ["curl", "-sk", "-o", "-", "-w", "\n%{http_code} %{redirect_url}", "--max-time", "20", *words, url.format(
            http=proxy.port("http"), https=proxy.port("https"))],
        capture_output=True, text=True, check=True)
    body, _, told = run.stdout.rpartition("\n")
    status, _, target = told.partition(" ")
    return int(status), body, target


def start(frontd_files):
    proxy = frontd_files(CONFIG)
    proxy.file("acme/.well-known/acme-challenge/from-certbot_1", "certbot")
    proxy.file("acme/from-dehydrated", "dehydrated")
    proxy.file("secret", "secret")
    return proxy.start()


def test_who_comes_in_the_clear_is_sent_to_tls(frontd_files):
    proxy = start(frontd_files)
    https = proxy.port("https")
    host = ("-H", "Host: a.test")
    status, _, target = curl(proxy, "http://127.0.0.1:{http}/x%20y?z=1", *host)
    assert (status, target) == (301, f"https://a.test:{https}/x%20y?z=1")
    status, _, target = curl(proxy, "http://127.0.0.1:{http}/post", *host, "-d", "body")
    assert (status, target) == (308, f"https://a.test:{https}/post")
    assert curl(proxy, "https://127.0.0.1:{https}/", *host)[:2] == (200, "inside")
    assert curl(proxy, "http://127.0.0.1:{http}/", "-H", "Host: plain.test")[:2] == (200, "in the clear")


def test_challenges_are_answered_in_the_clear_by_every_server(frontd_files):
    proxy = start(frontd_files)
    for host in ("a.test", "plain.test", "unknown.test"):
        for token, content in (("from-certbot_1", "certbot"), ("from-dehydrated", "dehydrated")):
            url = "http://127.0.0.1:{http}/.well-known/acme-challenge/" + token
            assert curl(proxy, url, "-H", f"Host: {host}")[:2] == (200, content)


def test_no_other_file_is_reached_by_a_challenge(frontd_files):
    proxy = start(frontd_files)
    for token in ("missing", "%2e%2e%2fsecret", "from-dehydrated/", "", "..%5csecret"):
        url = "http://127.0.0.1:{http}/.well-known/acme-challenge/" + token
        status, body, _ = curl(proxy, url, "-H", "Host: plain.test", "--path-as-is")
        assert "secret" not in body and "dehydrated" not in body
        assert (status, body) in ((200, "somebody else's"), (200, "in the clear"), (404, body))


STRICT = """
http {
    ssl_certificate @cert@;
    ssl_certificate_key @key@;
    max_headers 1000;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl http2;
        server_name a.test;
        return 200 "a";
    }
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl http2;
        server_name b.test;
        misdirected strict;
        max_headers 5;
        return 200 "b";
    }
}
"""


def test_a_strict_server_answers_only_who_named_it_in_the_handshake(frontd_files):
    proxy = frontd_files(STRICT).start()
    names = [word for name in ("a.test", "b.test") for word in ("--resolve", f"{name}:{proxy.port('https')}:127.0.0.1")]
    for version in ("--http1.1", "--http2"):
        assert curl(proxy, "https://b.test:{https}/", *names, version)[:2] == (200, "b")
        assert curl(proxy, "https://a.test:{https}/", *names, version, "-H", "Host: b.test")[0] == 421
        assert curl(proxy, "https://b.test:{https}/", *names, version, "-H", "Host: a.test")[:2] == (200, "a")
    assert curl(proxy, "http://127.0.0.1:{http}/", "-H", "Host: b.test")[:2] == (200, "b")


PATTERNS = STRICT.replace("server_name b.test;", "server_name ~^b[0-9]*[.]test$;")


def test_a_strict_server_may_have_its_names_by_an_expression(frontd_files):
    proxy = frontd_files(PATTERNS).start()
    names = [word for name in ("a.test", "b1.test", "b2.test") for word in ("--resolve", f"{name}:{proxy.port('https')}:127.0.0.1")]
    for version in ("--http1.1", "--http2"):
        assert curl(proxy, "https://b1.test:{https}/", *names, version)[:2] == (200, "b")
        assert curl(proxy, "https://b1.test:{https}/", *names, version, "-H", "Host: b2.test")[:2] == (200, "b")
        assert curl(proxy, "https://a.test:{https}/", *names, version, "-H", "Host: b2.test")[0] == 421
        assert curl(proxy, "https://b2.test:{https}/", *names, version, "-H", "Host: a.test")[:2] == (200, "a")


def test_more_header_fields_than_max_headers_are_refused(frontd_files):
    proxy = frontd_files(STRICT).start()
    for version in ("--http1.1", "--http2-prior-knowledge"):
        url = "http://127.0.0.1:{http}/" if version == "--http1.1" else "https://b.test:{https}/"
        words = [version.replace("-prior-knowledge", ""), "--resolve", f"b.test:{proxy.port('https')}:127.0.0.1",
                 "-H", "Host: b.test", "-H", "User-Agent:", "-H", "Accept:"]
        few = [word for i in range(3) for word in ("-H", f"X-{i}: x")]
        many = [word for i in range(6) for word in ("-H", f"X-{i}: x")]
        assert curl(proxy, url, *words, *few)[:2] == (200, "b")
        assert curl(proxy, url, *words, *many)[0] == 431
        if version == "--http1.1":
            assert curl(proxy, url, *many, "-H", "Host: a.test")[:2] == (200, "a")
