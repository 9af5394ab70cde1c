"""Files below a root, asked for with the real curl, and side by side with Debian's nginx."""

import http.client
import os
import re
import subprocess
import time

import pytest
from support.ports import free_port
from support.wait import wait_until

CONFIG = """
http {
    types { text/html html; application/octet-stream bin; }
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/site;
        index first.html index.html;
        location /text { return 200 "$uri $args"; }
        location /gone { return 410; }
        location /moved { return 301 /new$is_args$args; }
        location /found { return 302; }
        location /tea { return 418; }
        location /nothing { return 204; }
        location /away { return 301 https://$host$request_uri; }
        location /both/ { proxy_pass http://127.0.0.1:1; }
        location = /exactly { root @home@/other; }
    }
}
"""

NGINX = """
daemon off; worker_processes 1; pid @home@/nginx.pid; error_log @home@/nginx.log;
events { }
"""


@pytest.fixture
def site(frontd_files):
    """A frontd that was not started yet, with a site of every kind of file."""
    frontd = frontd_files(CONFIG)
    frontd.file("site/index.html", "<p>home</p>\n")
    frontd.file("site/page.html", "x" * 1024)
    frontd.file("site/large.bin", bytes(range(256)) * 1200)
    frontd.file("site/empty.html")
    frontd.file("site/folder/index.html", "folder\n")
    frontd.file("site/bare/file.bin", "a file")
    frontd.file("site/.hidden/file", "hidden")
    frontd.file("site/.env", "SECRET=1")
    frontd.file("site/.well-known/security.txt", "Contact: mailto:x@example.org\n")
    frontd.file("site/a b.html", "blank\n")
    frontd.file("secret", "outside")
    frontd.file("other/exactly", "other root\n")
    (frontd.home / "site/out").symlink_to("../secret")
    (frontd.home / "site/absolute").symlink_to("/etc/passwd")
    (frontd.home / "site/in").symlink_to("folder/index.html")
    os.mkfifo(frontd.home / "site/fifo")
    for path in (frontd.home / "site").rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (784111777, 784111777))
    return frontd


@pytest.fixture
def nginx(site):
    """Debian's nginx with the same site; its port."""
    port = free_port()
    text = (NGINX + CONFIG).replace("@http@", str(port)).replace("@home@", str(site.home))
    text = text.replace("http {", "http { access_log off; client_body_temp_path @t@; proxy_temp_path @t@;"
                        "fastcgi_temp_path @t@; uwsgi_temp_path @t@; scgi_temp_path @t@;", 1)
    path = site.file("nginx.conf", text.replace("@t@", str(site.home / "nginx-temp")))
    with open(site.home / "nginx.output", "wb") as output:
        process = subprocess.Popen(["nginx", "-p", str(site.home), "-c", str(path)], stdout=output, stderr=output)
    try:
        wait_until(lambda: answers(port), lambda: (site.home / "nginx.output").read_text())
        yield port
    finally:
        process.terminate()
        process.wait(10)


def answers(port):
    try:
        ask(port, "GET", "/")
        return True
    except OSError:
        return False


def ask(port, method, path, fields=()):
    """Status, reason, fields that are to agree, body; what is to differ is taken out."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", f"localhost:{port}")
    for name, value in fields:
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    body = re.sub(rb"<center>(nginx|frontd)[^<]*</center>", b"", response.read())
    names = ("Content-Type", "ETag", "Last-Modified", "Accept-Ranges", "Content-Range", "Location")
    said = {name: response.getheader(name) for name in names if response.getheader(name) is not None}
    if response.status < 400 and response.getheader("Location") is None:
        said["Content-Length"] = response.getheader("Content-Length")
    connection.close()
    for name, value in said.items():
        said[name] = (value or "").replace(f":{port}", ":PORT")
    if "boundary=" in said.get("Content-Type", ""):
        boundary = said["Content-Type"].split("boundary=")[1]
        body = body.replace(boundary.encode(), b"BOUNDARY")
        said["Content-Type"] = "multipart"
    return response.status, response.reason, said, body


ETAG = '"2ebc98a1-400"'
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"

PATHS = ["/", "/page.html", "/large.bin", "/empty.html", "/folder", "/folder?x=1", "/folder/", "/bare", "/bare/",
         "/none", "/none/", "/index.html/", "/fifo", "/in", "/a%20b.html", "/%70age.html", "/folder/../page.html",
         "//page.html", "/" + "x" * 300, "/exactly", "/text?a=b&c", "/text", "/gone", "/moved?q", "/moved", "/found",
         "/tea", "/nothing", "/away/x%20y?z=%41", "/both", "/both?x=1"]
RANGES = ["bytes=0-0", "bytes=0-", "bytes=-5", "bytes=-5000", "bytes=5-2", "bytes=2000-", "bytes=0-9,20-29",
          "bytes=0-9,20-29,-10", "bytes=0-600,300-1023", "bytes=0-,0-", "lines=1-2", "bytes=", "bytes=a-b",
          "bytes=1-2x", "bytes= 10 - 19 , 30 - 39 ", "bytes=1-2,", "bytes=,1-2", "BYTES=1-2", "bytes=-0",
          "bytes=99999999999999999999-", "bytes=5000-,1-2", "bytes=-", "bytes=0-49,50-1023", "bytes=1-2;3-4"]
CONDITIONS = [[("If-None-Match", ETAG)], [("If-None-Match", "W/" + ETAG)], [("If-None-Match", "*")],
              [("If-None-Match", '"x"')], [("If-None-Match", '"x", ' + ETAG)], [("If-Modified-Since", DATE)],
              [("If-Modified-Since", LATER)], [("If-Modified-Since", "yesterday")], [("If-Match", ETAG)],
              [("If-Match", '"x"')], [("If-Match", "W/" + ETAG)], [("If-Match", "*")],
              [("If-Unmodified-Since", DATE)], [("If-Unmodified-Since", EARLIER)],
              [("If-None-Match", '"x"'), ("If-Modified-Since", DATE)],
              [("If-Range", ETAG), ("Range", "bytes=0-9")], [("If-Range", DATE), ("Range", "bytes=0-9")],
              [("If-Range", "W/" + ETAG), ("Range", "bytes=0-9")], [("If-Range", LATER), ("Range", "bytes=0-9")]]

REQUESTS = (
    [("GET", path, ()) for path in PATHS]
    + [("HEAD", path, ()) for path in ("/", "/page.html", "/none", "/folder", "/text", "/large.bin")]
    + [(method, path, [("Content-Length", "0")]) for method in ("POST", "PUT", "DELETE", "PROPFIND")
       for path in ("/page.html", "/text")]
    + [("GET", "/page.html", [("Range", value)]) for value in RANGES]
    + [(method, "/large.bin", [("Range", value)]) for method in ("GET", "HEAD")
       for value in ("bytes=0-99999,200000-", "bytes=10-19,100-299,299990-", "bytes=300000-")]
    + [("GET", "/empty.html", [("Range", "bytes=0-5")])]
    + [("GET", "/page.html", fields) for fields in CONDITIONS]
)


def test_answers_are_those_of_nginx(site, nginx):
    site.start()
    differences = []
    for request in REQUESTS:
        ours, theirs = ask(site.port("http"), *request), ask(nginx, *request)
        if ours != theirs:
            differences.append(f"{request}\n  frontd {ours[:3]} {ours[3][:200]}\n  nginx  {theirs[:3]} {theirs[3][:200]}")
    assert not differences, "\n".join(differences)


def curl(port, path, *options):
    words = ["curl", "-s", "-i", "--path-as-is", "--max-time", "10", *options, f"http://127.0.0.1:{port}{path}"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", ["/.env", "/.hidden/file", "/folder/../.env", "/out", "/absolute", "/%2eenv"])
def test_what_is_hidden_or_outside_is_not_there(site, path):
    """Deliberate deviations from nginx: reference/http.md 5.4-6."""
    site.start()
    assert curl(site.port("http"), path).startswith("HTTP/1.1 404 ")


def test_well_known_is_public(site):
    site.start()
    assert "Contact:" in curl(site.port("http"), "/.well-known/security.txt")


def test_a_link_out_of_the_root_is_named_in_the_log(site):
    site.start()
    curl(site.port("http"), "/out")
    site.wait_for_log(r'open ".*/site/out" failed .*leaves the root')


def test_only_get_and_head_are_answered(site):
    site.start()
    answer = curl(site.port("http"), "/page.html", "-X", "DELETE")
    assert answer.startswith("HTTP/1.1 405 Not Allowed") and "Allow: GET, HEAD\n" in answer.replace("\r", "")


def test_if_none_match_counts_before_if_modified_since(site):
    """RFC 9110 13.2.2; nginx wants both to hold."""
    site.start()
    answer = curl(site.port("http"), "/page.html", "-H", f"If-None-Match: {ETAG}", "-H", f"If-Modified-Since: {EARLIER}")
    assert answer.startswith("HTTP/1.1 304 ")


def test_a_server_without_a_root_has_nothing(frontd):
    proxy = frontd("http { server { listen 127.0.0.1:@http@; } }")
    assert curl(proxy.port("http"), "/").startswith("HTTP/1.1 404 ")


def test_a_changed_file_is_served_after_a_second(site):
    site.start()
    port = site.port("http")
    assert curl(port, "/page.html").endswith("x" * 1024)
    new = site.file("site/new", "changed")
    new.rename(site.home / "site/page.html")
    time.sleep(1.1)
    assert curl(port, "/page.html").endswith("changed")
    (site.home / "site/page.html").unlink()
    time.sleep(1.1)
    assert curl(port, "/page.html").startswith("HTTP/1.1 404 ")


@pytest.mark.parametrize("how", ["link", "directory"])
def test_a_root_that_is_switched_is_taken_by_new_workers(frontd_files, how):
    """A worker may read below the directory that stood there when it started; who finds another one
    there asks for workers that may read that. Until they serve, the old one is served, never nothing."""
    proxy = frontd_files("http { server { listen 127.0.0.1:@http@; root @home@/current; } }")
    proxy.file("one/index.html", "one")
    proxy.file("two/index.html", "two")
    link = proxy.home / "current"
    if how == "link":
        link.symlink_to("one")
    else:
        (proxy.home / "one").rename(link)
    proxy.start()
    assert curl(proxy.port("http"), "/").endswith("one")
    if how == "link":
        (proxy.home / "next").symlink_to("two")
        (proxy.home / "next").rename(link)
    else:
        link.rename(proxy.home / "before")
        (proxy.home / "two").rename(link)
    seen = set()

    def is_two():
        answer = curl(proxy.port("http"), "/")
        seen.add(answer[-3:])
        return answer.endswith("two")

    wait_until(is_two, proxy.describe, 5)
    assert seen <= {"one", "two"}
    proxy.wait_for_log(r"was replaced: reloading")
    assert len(proxy.log().split("was replaced: reloading")) == 2, "once, not again and again"


def test_a_root_that_comes_later_is_taken_by_new_workers(frontd_files):
    proxy = frontd_files("http { server { listen 127.0.0.1:@http@; root @home@/later; } }")
    proxy.start()
    assert curl(proxy.port("http"), "/").startswith("HTTP/1.1 404 ")
    proxy.file("later/index.html", "here")
    wait_until(lambda: curl(proxy.port("http"), "/").endswith("here"), proxy.describe, 5)


def test_a_file_that_shrinks_is_cut_visibly(site, connect):
    """Never padded, never taken for complete."""
    path = site.file("site/huge.bin", b"")
    os.truncate(path, 1 << 30)
    site.start()
    peer = connect(site.port("http"))
    peer.send("GET /huge.bin HTTP/1.1\r\nHost: localhost\r\n\r\n")
    time.sleep(0.3)  # the socket is full; the rest is still to be read from the file
    os.truncate(path, 1 << 20)
    received = 0
    try:
        while piece := peer.socket.recv(1 << 20):
            received += len(piece)
    except ConnectionError:
        pass
    assert received < 1 << 30, "the head promised 1 GiB; the connection ends before"
