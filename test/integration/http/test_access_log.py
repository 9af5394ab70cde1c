"""What stands in the access logs."""

import re
import subprocess

from support.wait import wait_until

FORMATS = """
http {
    log_format json escape=json '{"method":"$request_method","uri":"$request_uri","status":"$status",'
                                '"agent":"$http_user_agent","referer":"$http_referer","host":"$host",'
                                '"seconds":"$request_time","bytes":"$body_bytes_sent","id":"$request_id",'
                                '"number":"$connection_requests","tls":"$ssl_protocol","server":"$server_name"}';
    log_format raw escape=none '$http_x_raw';
    access_log @home@/logs/combined.log;
    access_log @home@/logs/json.log json;
    server {
        listen 127.0.0.1:@http@;
        listen 127.0.0.1:@https@ ssl;
        server_name example.org;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        location / { return 200 text; }
        location /quiet { access_log off; return 200 text; }
        location /raw { access_log @home@/logs/raw.log raw; return 200 text; }
    }
}
"""


def curl(*words):
    words = ["curl", "-s", "-k", "--max-time", "10", *words]
    return subprocess.run(words, capture_output=True, check=True).stdout


def test_combined_is_that_of_nginx(frontd):
    proxy = frontd(FORMATS)
    url = f"http://127.0.0.1:{proxy.port('http')}"
    curl(url + "/a?b=c", "-A", 'a"b\\ä', "-u", "user:password")
    line = proxy.wait_for_log(r'.*"GET /a.*', "combined.log")[0]
    assert re.fullmatch(r'127\.0\.0\.1 - user \[\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "GET /a\?b=c HTTP/1\.1" '
                        r'200 4 "-" "a\\x22b\\x5C\\xC3\\xA4"', line)


def test_json_lines_are_always_json(frontd):
    proxy = frontd(FORMATS)
    curl(f"http://127.0.0.1:{proxy.port('http')}/x", "-H", b"User-Agent: \xff\"\\\xc3\xa4\t", "-H", "Host: Example.ORG")
    line = proxy.wait_for_json("json.log")
    assert line["agent"] == '\ufffd"\\ä' and line["referer"] == "" and line["host"] == "example.org"
    assert line["status"] == "200" and line["bytes"] == "4" and line["tls"] == ""
    assert re.fullmatch(r"\d+\.\d{3}", line["seconds"]) and re.fullmatch("[0-9a-f]{32}", line["id"])


def test_tls_and_the_requests_of_a_connection_are_told(frontd):
    proxy = frontd(FORMATS)
    url = f"https://127.0.0.1:{proxy.port('https')}"
    curl(url + "/one", url + "/two")
    lines = [proxy.wait_for_json("json.log", lambda line, uri=uri: line["uri"] == uri) for uri in ("/one", "/two")]
    assert [line["number"] for line in lines] == ["1", "2"] and lines[0]["tls"] == "TLSv1.3"
    assert lines[0]["id"] != lines[1]["id"]


def test_a_location_may_log_elsewhere_or_not_at_all(frontd):
    proxy = frontd(FORMATS)
    url = f"http://127.0.0.1:{proxy.port('http')}"
    curl(url + "/quiet")
    curl(url + "/raw", "-H", "X-Raw: a\"b")
    curl(url + "/last")
    proxy.wait_for_json("json.log", lambda line: line["uri"] == "/last")
    assert "/quiet" not in proxy.log("combined.log") and "/raw" not in proxy.log("combined.log")
    assert proxy.log("raw.log") == 'a"b\n'


def test_a_request_that_is_no_request_is_logged_as_400(frontd, connect):
    proxy = frontd(FORMATS)
    peer = connect(proxy.port("http"))
    peer.send("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    peer.expect(b"HTTP/1.1 400 ")
    line = proxy.wait_for_json("json.log")
    assert line["status"] == "400"


def test_an_error_goes_to_the_error_log_of_its_block(frontd):
    proxy = frontd("""http {
        server { listen 127.0.0.1:@http@; root @home@; error_log @home@/logs/site.log error;
            location /silent/ { error_log /dev/null emerg; } } }""")
    curl(f"http://127.0.0.1:{proxy.port('http')}/silent/none")
    curl(f"http://127.0.0.1:{proxy.port('http')}/none")
    proxy.wait_for_log(r'\[error\] .*open ".*/none" failed \(2: No such file', "site.log")
    assert "silent" not in proxy.log("site.log") and "/none" not in proxy.log("error.log")


BUFFERED = """
http {
    access_log @home@/logs/all.log.gz combined gzip flush=1s;
    server {
        listen 127.0.0.1:@http@;
        location / { return 200 text; }
        location /kept { access_log @home@/logs/kept.log combined buffer=64k; return 200 text; }
        location /some { access_log @home@/logs/some.log combined if=$arg_logged; return 200 text; }
    }
}
"""


def zcat(path):
    return subprocess.run(["zcat", path], capture_output=True, text=True, check=True).stdout


def test_compressed_lines_can_be_read_at_any_time(frontd):
    proxy = frontd(BUFFERED)
    url = f"http://127.0.0.1:{proxy.port('http')}"
    log = proxy.home / "logs/all.log.gz"
    assert zcat(log) == ""
    for number in range(3):
        curl(f"{url}/{number}")
        wait_until(lambda number=number: f"GET /{number}" in zcat(log), lambda: zcat(log))  # flush=1s


def test_what_is_kept_back_goes_to_the_old_file_before_a_rotation_and_is_there_at_the_end(frontd):
    proxy = frontd(BUFFERED)
    url = f"http://127.0.0.1:{proxy.port('http')}"
    log = proxy.home / "logs/kept.log"
    curl(f"{url}/kept?one")
    assert log.read_text() == ""
    log.rename(proxy.home / "logs/kept.log.1")
    proxy.reopen()
    assert "GET /kept?one" in (proxy.home / "logs/kept.log.1").read_text()
    curl(f"{url}/kept?two")
    proxy.quit()
    assert "GET /kept?two" in log.read_text() and "one" not in log.read_text()


def test_only_what_the_condition_wants_is_logged(frontd):
    proxy = frontd(BUFFERED)
    url = f"http://127.0.0.1:{proxy.port('http')}"
    for query in ("", "?logged=0", "?logged=yes", "?logged="):
        curl(f"{url}/some{query}")
    proxy.quit()
    assert re.findall(r"GET (\S+)", (proxy.home / "logs/some.log").read_text()) == ["/some?logged=yes"]
