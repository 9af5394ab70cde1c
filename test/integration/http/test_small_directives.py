"""Directives of one line each: dotfiles, large_client_header_buffers, and those that have one value here."""

import subprocess

import pytest

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    access_log off;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        large_client_header_buffers @buffers@;
        location /shown/ { dotfiles serve; }
        location /hidden/ { }
    }
}
"""


def ask(port, path, *words):
    command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--path-as-is", *words]
    return int(subprocess.run([*command, f"http://127.0.0.1:{port}/{path}"], capture_output=True, check=True).stdout)


def test_dotfiles_are_hidden_unless_they_are_to_be_served(frontd_files):
    proxy = frontd_files(SITE, buffers="4 8k")
    for folder in ("shown", "hidden"):
        for name in (".env", ".git/config", ".well-known/x", "plain"):
            proxy.file(f"www/{folder}/{name}", "x")
    proxy.start()
    port = proxy.port("http")
    names = (".env", ".git/config", ".well-known/x", "plain")
    assert [ask(port, f"hidden/{name}") for name in names] == [404, 404, 200, 200]
    assert [ask(port, f"shown/{name}") for name in names] == [200, 200, 200, 200]


@pytest.mark.parametrize("buffers, line, field, head", [
    ("4 8k", 8000, 8000, 30000), ("2 1k", 900, 900, 1900), ("8 16k", 16000, 16000, 60000),
])
def test_heads_may_be_as_long_as_the_buffers_say(frontd_files, buffers, line, field, head):
    proxy = frontd_files(SITE, buffers=buffers)
    proxy.file("www/a", "x")
    port = proxy.start().port("http")
    bare = 100  # the request line, Host, User-Agent, Accept
    fields = [word for i in range((head - bare) // (field - 50)) for word in ("-H", f"X-{i}: " + "x" * (field - 60))]
    assert ask(port, "a?" + "x" * (line - 50)) == 200
    assert ask(port, "a?" + "x" * (line + 500)) == 414
    assert ask(port, "a", "-H", "X-Long: " + "x" * (field - 50)) == 200
    assert ask(port, "a", "-H", "X-Long: " + "x" * (field + 500)) == 431
    assert ask(port, "a", *fields) == 200
    assert ask(port, "a", *fields, *fields[:2], *fields[:2]) == 431


def test_what_has_one_value_here_says_so(frontd_files):
    for right, wrong, words in (
        ("ignore_invalid_headers on", "ignore_invalid_headers off", "is refused, whatever this says"),
        ("disable_symlinks if_not_owner", "disable_symlinks maybe", "disable_symlinks"),
        ("large_client_header_buffers 4 64k", "large_client_header_buffers 4 65k", "no size from 1k to 64k"),
        ("client_header_buffer_size 1k", "client_header_buffer_size x", "client_header_buffer_size"),
        ("reset_timedout_connection on", "reset_timedout_connection maybe", "maybe"),
    ):
        text = "http { %s; server { listen 127.0.0.1:@http@; } }"
        assert frontd_files(text % right).command("-t", check=False).returncode == 0, right
        result = frontd_files(text % wrong).command("-t", check=False)
        assert result.returncode == 1 and words in " ".join((result.stdout + result.stderr).split()), wrong
