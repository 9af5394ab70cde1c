"""alias, try_files, index: which file nginx finds for the same requests with the same configuration."""

import subprocess

from support.wait import wait_until

SITE = """
worker_processes 1;
error_log logs/error.log info;
http {
    log_format where '$uri $document_root $request_filename';
    access_log logs/access.log where;
    types { text/html html; text/plain txt; }
    default_type application/octet-stream;
    server {
        listen 127.0.0.1:@http@;
        server_name localhost;
        root @home@/www;
        location /i/ { alias @home@/images/; }
        location /bare { alias @home@/images; }
        location /odd/ { alias @home@/images/pre; }
        location = /one { alias @home@/images/a.txt; }
        location /named/ { alias @home@/$arg_d/; }
        location /indexed/ { index nothing.html $arg_i index.txt; }
        location /jump/ { index nothing.html /a.txt; }
        location /try/ { try_files $uri $uri/ /fallback.txt?from=$uri; }
        location /code/ { try_files $uri =404; }
        location /teapot/ { try_files $uri =418; }
        location /always/ { try_files '' /a.txt =404; }
        location /directories/ { try_files $uri/ /a.txt; }
        location /constant { try_files /none.txt /a.txt =404; }
        location /chain/ { try_files /none1 /chain2/x; }
        location /chain2/ { try_files /none2 /a.txt =404; }
        location /loop/ { try_files /none /loop/; }
        location /it/ { alias @home@/images/; try_files $uri $uri/ /fallback.txt; }
        location /query/ { try_files $arg_f /fallback.txt; }
        location /variable { root @home@/$arg_d; }
    }
}
"""

FILES = {
    "www/a.txt": "a", "www/fallback.txt": "fallback", "www/index.html": "home", "www/try/here.txt": "here",
    "www/try/dir/index.html": "in dir", "www/code/here.txt": "here", "www/indexed/index.txt": "by default",
    "www/indexed/other.txt": "other", "www/always/x": "never", "www/directories/d/index.html": "d",
    "www/jump/x": "", "images/a.txt": "image", "images/sub/index.html": "sub", "images/index.html": "images",
    "images/preface.txt": "preface", "images.txt": "beside", "www/variable": "",
}

PATHS = [
    "i/a.txt", "i/", "i/sub/", "i/sub", "i/none", "i", "i/../a.txt", "bare/a.txt", "bare/", "bare", "bare.txt",
    "odd/face.txt", "odd/", "one", "one/", "named/a.txt?d=images", "named/?d=images", "named/a.txt?d=www",
    "named/a.txt?d=none", "named/sub?d=images", "indexed/?i=other.txt", "indexed/?i=/a.txt", "jump/",
    "jump/x", "try/here.txt", "try/dir", "try/dir/", "try/none", "try/none/?q=1", "code/here.txt", "code/none",
    "teapot/x", "always/x", "always/", "directories/d", "directories/none", "constant", "chain/x?q=1", "loop/x",
    "it/a.txt", "it/sub", "it/sub/", "it/none", "query/?f=/a.txt", "query/?f=a.txt", "query/?f=/none", "query/",
    "variable?d=www", "variable?d=none", "variable?d=../../etc/passwd", "try/here.txt/",
]


def ask(port, path):
    """(status, Content-Type, Location without the port, body of a 200)"""
    command = ["curl", "-s", "--path-as-is", "-w", "\n%{http_code} %{content_type} %{redirect_url}",
               f"http://127.0.0.1:{port}/{path}"]
    answer = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    body, _, words = answer.rpartition("\n")
    return words.replace(f":{port}", ""), body if words.startswith("200") else ""


def test_nginx_finds_the_same_files(frontd_files, nginx):
    proxy = frontd_files(SITE)
    for name, content in FILES.items():
        proxy.file(name, content)
    beside = nginx(proxy.start())
    ask(proxy.port("http"), "")  # as the one that found nginx listening
    different = {}
    for path in PATHS:
        ours, its = ask(proxy.port("http"), path), ask(beside.port, path)
        if ours != its:
            different[path] = (ours, its)
    assert not different
    logs = ("access.log", "nginx-access.log")  # either may write its last line after the answer
    wait_until(lambda: len({len(proxy.log_lines(name)) for name in logs}) == 1, proxy.describe)
    assert proxy.log_lines("access.log") == proxy.log_lines("nginx-access.log")


def test_what_leads_out_of_an_alias_stops_the_start(frontd_files):
    proxy = frontd_files("""http { server { listen 127.0.0.1:@http@;
        location /i { alias @home@/images/; }
        location /j { alias @home@/images/; root @home@; }
        location /k { root @home@/$document_root; } } }""")
    output = proxy.command("-t", check=False)
    output = output.stdout + output.stderr
    for words in ("/i../x leads out of it", "in the same location", "cannot be made of itself"):
        assert words in output, output
