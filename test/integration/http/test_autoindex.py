"""autoindex: the lists that nginx writes of the same directories with the same configuration."""

import os
import re
import subprocess

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    access_log off;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        location / { autoindex on; }
        location /plain/ { }
        location /rounded/ { alias @home@/www/d/; autoindex on; autoindex_exact_size off; }
        location /local/ { alias @home@/www/d/; autoindex on; autoindex_localtime on; }
        location /json/ { alias @home@/www/d/; autoindex on; autoindex_format json; }
        location /xml/ { alias @home@/www/d/; autoindex on; autoindex_format xml; }
        location /jsonp/ { alias @home@/www/d/; autoindex on; autoindex_format jsonp; }
        location /index/ { alias @home@/www/d/indexed/; autoindex on; }
    }
}
"""

SIZES = {"empty": 0, "a.txt": 5, "b": 9999, "c": 10000, "d": 20000, "e": 1048575, "f": 1048576, "g": 1600000}
NAMES = ["sp ace&<b>\"q'.txt", "\u00fcn\u00ef.txt", "n" * 50, "n" * 51, "per%cent", "plus+", "quo?te#x",
         "~tilde", "(paren)", "star*", "semi;colon", "amp&", "line\nbreak"]

PATHS = ["d/", "d", "d/sub/", "d/none/", "plain/", "rounded/", "local/", "json/", "xml/", "jsonp/",
         "jsonp/?callback=a.b_c", "jsonp/?callback=alert(1)", "jsonp/?callback=", "index/", "d/%3Cb%3E%22/"]


def prepare(frontd_files):
    proxy = frontd_files(SITE)
    for name, size in SIZES.items():
        proxy.file(f"www/d/{name}", b"x" * size)
    for name in NAMES:
        proxy.file(f"www/d/{name}", "x")
    for name in ("www/d/sub/one", "www/d/indexed/index.html", 'www/d/<b>"/two', "www/d/.hidden", "www/plain/x"):
        proxy.file(name, "x")
    os.symlink("a.txt", proxy.home / "www/d/link")
    os.symlink("nowhere", proxy.home / "www/d/broken")
    os.symlink("sub", proxy.home / "www/d/sublink")
    for path in (proxy.home / "www").rglob("*"):
        os.utime(path, (1580702706, 1580702706), follow_symlinks=False)
    return proxy.start()


def ask(port, path):
    """(status, Content-Type, body without the port)"""
    answer = subprocess.run(["curl", "-s", "-i", "--max-time", "20", f"http://127.0.0.1:{port}/{path}"],
                            capture_output=True, check=True).stdout
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split()[1])
    kind = re.search(rb"(?im)^Content-Type: (.*?)\r?$", head)
    return status, kind and kind[1], body if status == 200 else b""


def test_nginx_lists_the_same(frontd_files, nginx):
    proxy = prepare(frontd_files)
    beside = nginx(proxy)
    for path in PATHS:
        assert ask(proxy.port("http"), path) == ask(beside.port, path), path
    assert ask(proxy.port("http"), "d/")[2].count(b"<a href") > 20
    assert ask(proxy.port("http"), "plain/")[0] == 403
    assert b"hidden" not in ask(proxy.port("http"), "d/")[2]


def test_head_tells_the_length_of_the_list(frontd_files):
    proxy = prepare(frontd_files)
    url = f"http://127.0.0.1:{proxy.port('http')}/d/"
    head = subprocess.run(["curl", "-sI", url], capture_output=True, check=True).stdout
    assert b"Content-Length: %d\r\n" % len(ask(proxy.port("http"), "d/")[2]) in head


def test_a_list_may_be_long(frontd_files):
    proxy = frontd_files(SITE)
    for i in range(5000):
        proxy.file(f"www/d/{'long' * 20}-{i:05}", "")
    proxy.start()
    status, _, body = ask(proxy.port("http"), "json/")
    assert status == 200 and body.count(b'"type":"file"') == 5000
