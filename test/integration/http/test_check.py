"""What `frontd -t` says about http {}, with places, and its exit status."""


def test_everything_wrong_is_said_in_one_run(frontd_files):
    proxy = frontd_files("""
http {
    log_format short '$remote_addr $stauts';
    server {
        listen 127.0.0.1:@http@ quic;
        location ~ \\.php$ { fastcgi_pass backend; }
        location / { uwsgi_pass x; acces_log off; }
    }
}
""")
    result = proxy.command("-t", check=False)
    assert result.returncode == 1
    for words in ("unknown variable `$stauts`", "did you mean `$status`?", "HTTP/3 comes later",
                  "own HTTP server", "did you mean `access_log`?"):
        assert words in result.stderr, result.stderr
    assert "frontd.conf:3:" in result.stderr and "frontd.conf:7:" in result.stderr


def test_what_will_disappoint_is_a_warning(frontd_files):
    proxy = frontd_files("""
http {
    server { listen 127.0.0.1:@http@; server_name a; root @home@/nowhere; }
    server { listen 127.0.0.1:@http@; server_name a; location / { proxy_pass http://nowhere.invalid; } }
}
""")
    result = proxy.command("-t")
    assert "nowhere does not exist" in result.stderr
    assert "two servers are called `a`" in result.stderr
    assert "nowhere.invalid" in result.stderr


def test_a_server_without_certificate_shows_the_default_one(frontd_files):
    """As in nginx: only the default server of a TLS address needs one."""
    text = """
http {
    server { listen 127.0.0.1:@https@ ssl; server_name localhost; %s }
    server { listen 127.0.0.1:@https@ ssl; server_name other.example; }
}
"""
    proxy = frontd_files(text % "ssl_certificate @cert@; ssl_certificate_key @key@;")
    result = proxy.command("-t")
    assert "other.example" in result.stderr, "a warning: the certificate does not name it"
    proxy.write_config(text % "")
    assert "without a certificate" in proxy.command("-t", check=False).stderr


def test_a_good_configuration_is_drawn_in_short(frontd_files):
    proxy = frontd_files("http { server { listen 127.0.0.1:@http@; server_name a.example b.example; } }")
    result = proxy.command("-t")
    assert "1 site" in result.stdout + result.stderr and "a.example" in result.stdout + result.stderr
