"""symlinks and disable_symlinks: which links below a root are followed."""

import subprocess

from support.wait import wait_until

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    access_log off;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        location /beneath/ { }
        location /off/ { symlinks off; }
        location /any/ { symlinks any; }
        location /nginx/ { symlinks any; disable_symlinks on from=$document_root; }
        location /owner/ { symlinks any; disable_symlinks if_not_owner from=$document_root; }
        location /narrow/ { disable_symlinks if_not_owner from=$document_root; }
        location /back/ { disable_symlinks off; }
        location /one/ { symlinks any; alias @home@/www/any/; if (-f @home@/www/any/other) { return 200 "seen"; } }
        location /two/ { symlinks any; alias @home@/www/any/$arg_x; }
        location /root/ { alias @home@/other/; }
    }
}
"""


def ask(proxy, path):
    command = ["curl", "-s", "-w", "\n%{http_code}", "--max-time", "30", "--path-as-is"]
    url = f"http://127.0.0.1:{proxy.port('http')}/{path}"
    body, _, status = subprocess.run([*command, url], capture_output=True, check=True, text=True).stdout.rpartition("\n")
    return body if status == "200" else int(status)


def start(frontd_files):
    proxy = frontd_files(SITE)
    proxy.file("other/file", "other")
    proxy.file("outside/file", "outside")
    for folder in ("beneath", "off", "any", "nginx", "owner", "narrow", "back"):
        proxy.file(f"www/{folder}/plain", "plain")
        here = proxy.home / "www" / folder
        (here / "inside").symlink_to("plain")
        (here / "folder").symlink_to(".")
        (here / "absolute").symlink_to(here / "plain")
        (here / "other").symlink_to(proxy.home / "other/file")
        (here / "upwards").symlink_to("../../other/file")
        (here / "outside").symlink_to(proxy.home / "outside/file")
    return proxy.start()


def answers(proxy, folder):
    names = ("plain", "inside", "folder/plain", "absolute", "other", "upwards")
    return [ask(proxy, f"{folder}/{name}") for name in names]


def test_links_are_followed_as_the_location_says(frontd_files):
    proxy = start(frontd_files)
    for _ in range(2):  # from the disk, and from what is kept
        assert answers(proxy, "beneath") == ["plain", "plain", "plain", 404, 404, 404]
        assert answers(proxy, "back") == ["plain", "plain", "plain", 404, 404, 404]
        assert answers(proxy, "off") == ["plain", 404, 404, 404, 404, 404]
        assert answers(proxy, "nginx") == ["plain", 403, 404, 403, 403, 403]
        assert answers(proxy, "owner") == ["plain", "plain", "plain", "plain", "other", "other"]
        assert answers(proxy, "narrow") == ["plain", "plain", "plain", 404, 404, 404]
        assert answers(proxy, "any") == ["plain", "plain", "plain", "plain", "other", "other"]


def test_a_link_that_changes_is_looked_at_again(frontd_files):
    """What was opened by way of a link is kept for a second."""
    proxy = start(frontd_files)
    assert ask(proxy, "owner/inside") == "plain"
    link = proxy.home / "www/nginx/plain"
    assert ask(proxy, "nginx/plain") == "plain"
    link.unlink()
    link.symlink_to("../owner/plain")
    wait_until(lambda: ask(proxy, "nginx/plain") == 403, "the link is refused")


def test_any_reaches_no_more_than_the_roots(frontd_files):
    proxy = start(frontd_files)
    assert ask(proxy, "any/outside") == 403
    assert ask(proxy, "one/plain") == "seen"
    assert ask(proxy, "root/file") == "other"
    assert ask(proxy, "two/?x=plain") in ("plain", 404)
    assert ask(proxy, "two/?x=../../other/file") == 404
    assert ask(proxy, "two/?x=../plain") == 404
