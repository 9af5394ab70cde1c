"""auth_throttle: who may fail how often, and who is never locked out by that. Loopback has a whole /8 of
addresses to come from."""

import base64
import http.client
import re
import subprocess

import pytest
from support.frontd import is_sanitized
from support.wait import wait_until

# bob's password is "frontd"; those of others are "secret"
BCRYPT_12 = "$2y$12$cB8ptXGPhEI9wuYV86067ebEn4BFlIYrT5kTS7TiwTMo5mTl1RbkK"
PASSWORDS = f"bob:{BCRYPT_12}\nann:{{PLAIN}}secret\ncid:{{PLAIN}}secret\n"

SITE = """
worker_processes 2;
error_log logs/error.log debug;
http {
    auth_basic_user_file passwords;
    auth_throttle 3/m;
    server {
        listen 127.0.0.1:@http@;
        root @home@/www;
        auth_basic "huh?";
        @more@
        location / { }
        location /other { auth_throttle 2/h; }
        location /free { auth_throttle off; }
        location /again { auth_cache 0; }
        location /page { error_page 429 =403 /free/later.html; }
        location /free/later.html { auth_basic off; }
        location /either { satisfy any; deny all; }
    }
}
"""


def prepare(frontd_files, more="", passwords=PASSWORDS, text=SITE):
    proxy = frontd_files(text, more=more)
    proxy.file("passwords", passwords)
    for name in ("index.html", "other", "free/index.html", "free/later.html", "again", "page", "either"):
        proxy.file(f"www/{name}", f"{name}\n")
    return proxy


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask(proxy, user, password, source="127.0.0.1", path="/", **fields):
    """(status, seconds of Retry-After or None)"""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port("http"), timeout=60, source_address=(source, 0))
    connection.request("GET", path, headers={"Authorization": basic(user, password), **fields})
    response = connection.getresponse()
    response.read()
    connection.close()
    wait = response.getheader("Retry-After")
    return response.status, wait and int(wait)


def statuses(proxy, user, passwords, *words, **more):
    return [ask(proxy, user, password, *words, **more)[0] for password in passwords]


def test_too_many_failures_are_answered_429_for_that_name_and_address_only(frontd_files):
    proxy = prepare(frontd_files).start()
    assert statuses(proxy, "ann", "abc") == [401] * 3
    status, wait = ask(proxy, "ann", "d")
    assert status == 429 and 1 <= wait <= 20
    assert ask(proxy, "ann", "secret")[0] == 429, "the right one, from there, too"
    assert ask(proxy, "cid", "secret") == (200, None), "another name from there"
    assert ask(proxy, "ann", "secret", "127.0.0.2") == (200, None), "the same name from elsewhere"
    assert statuses(proxy, "nobody", "abcd", "127.0.9.1") == [401, 401, 401, 429], "a name that is not there"
    assert ask(proxy, "ann", "d", path="/free")[0] == 401


def test_failures_are_forgotten_little_by_little(frontd_files):
    proxy = prepare(frontd_files, more="location /soon { auth_throttle 1/s; try_files /index.html =404; }").start()
    assert ask(proxy, "ann", "a", path="/soon") == (401, None)
    wait_until(lambda: ask(proxy, "ann", "secret", path="/soon")[0] == 200, proxy.describe, 30)


def test_a_net_with_many_names_is_held_off(frontd_files):
    proxy = prepare(frontd_files).start()
    answers = [ask(proxy, f"user{number}", "x", f"127.0.5.{number + 1}")[0] for number in range(32)]
    assert answers.count(401) >= 30 and answers[-1] == 429, answers
    assert ask(proxy, "cid", "secret", "127.0.5.200")[0] == 429
    assert ask(proxy, "cid", "secret", "127.0.6.1")[0] == 200
    assert ask(proxy, "cid", "secret", "127.0.5.200")[0] == 200, "verified lately, if elsewhere"


def test_who_is_logged_in_stays_so(frontd_files):
    proxy = prepare(frontd_files).start()
    assert ask(proxy, "bob", "frontd")[0] == 200
    assert statuses(proxy, "bob", "abcdefghijkl") == [401] * 3 + [429] * 9
    assert statuses(proxy, "bob", ["frontd"] * 10) == [200] * 10
    # the control: where nothing is remembered, nobody is recognised
    assert ask(proxy, "bob", "frontd", path="/again")[0] == 429
    # an attacker who goes on from the very same address makes what is remembered no oracle
    assert 200 not in statuses(proxy, "bob", [f"guess {number}" for number in range(30)])
    assert ask(proxy, "bob", "frontd")[0] == 429
    assert ask(proxy, "bob", "frontd", "127.0.0.2")[0] == 200


def test_all_workers_count_together(frontd_files):
    proxy = prepare(frontd_files).start()
    workers, failed = set(), 0
    for number in range(200):
        assert statuses(proxy, f"name {number}", "abcd", f"127.1.{number}.1") == [401, 401, 401, 429], number
        failed += 3
        workers = set(re.findall(r" (\d+)#\d+: \*\d+ user \"name", proxy.log()))
        if len(workers) == 2:
            return
    pytest.fail(f"one worker served them all: {workers}")


def test_no_hash_is_computed(frontd_files):
    proxy = prepare(frontd_files).start()

    def hashes():
        return int(re.search(r"frontd-auth \d+: (\d+) hashes computed", proxy.command("-s", "status").stdout)[1])

    assert statuses(proxy, "bob", [f"wrong {number}" for number in range(20)]) == [401] * 3 + [429] * 17
    wait_until(lambda: hashes() == 3, proxy.describe)
    assert statuses(proxy, "nobody", [f"wrong {number}" for number in range(20)]) == [401] * 3 + [429] * 17
    wait_until(lambda: hashes() == 6, proxy.describe)


def test_fail2ban_counts_those_held_off(frontd_files):
    proxy = prepare(frontd_files).start()
    hostile = 'x": password mismatch, client: 1.2.3.4, server: y'
    for name in ("ann", hostile, 'a"b'):
        assert statuses(proxy, name, "abcde") == [401] * 3 + [429] * 2
    result = subprocess.run(["fail2ban-regex", "-v", str(proxy.home / "logs/error.log"),
                             "/etc/fail2ban/filter.d/nginx-http-auth.conf"], capture_output=True, text=True, check=False)
    assert re.search(r"Failregex: 15 total", result.stdout), result.stdout + proxy.log()
    assert "1.2.3.4 " not in result.stdout
    assert len(re.findall(r'user "ann": not verified, too many logins failed before', proxy.log())) == 2


def test_other_rates_count_apart(frontd_files):
    proxy = prepare(frontd_files).start()
    assert statuses(proxy, "ann", "abcd", path="/other") == [401, 401, 429, 429]
    status, wait = ask(proxy, "ann", "d", path="/other")
    assert status == 429 and 1700 < wait <= 1800
    assert ask(proxy, "ann", "secret")[0] == 200


def test_the_answer_may_have_a_page_of_its_own(frontd_files):
    proxy = prepare(frontd_files).start()
    assert statuses(proxy, "ann", "abcd", path="/page") == [401, 401, 401, 403]
    assert ask(proxy, "ann", "d", path="/page")[1] > 0
    assert statuses(proxy, "cid", "abcd", path="/either") == [401, 401, 401, 429]


def test_the_address_is_the_one_a_trusted_proxy_names(frontd_files):
    proxy = prepare(frontd_files, more="set_real_ip_from 127.0.0.1; real_ip_header X-Real-IP;").start()
    fields = {"X-Real-IP": "203.0.113.5"}
    assert [ask(proxy, "ann", letter, **fields)[0] for letter in "abcd"] == [401, 401, 401, 429]
    assert ask(proxy, "ann", "secret", **{"X-Real-IP": "203.0.113.6"})[0] == 200
    fields = {"X-Real-IP": "2001:db8::1"}
    assert [ask(proxy, "cid", letter, **fields)[0] for letter in "abc"] == [401] * 3
    assert ask(proxy, "cid", "d", **{"X-Real-IP": "2001:db8::2"})[0] == 429
    assert ask(proxy, "cid", "secret", **{"X-Real-IP": "2001:db8:0:1::1"})[0] == 200


def test_a_request_without_a_password_is_no_failure(frontd_files):
    proxy = prepare(frontd_files).start()
    for _ in range(10):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port("http"), timeout=60)
        connection.request("GET", "/")
        assert connection.getresponse().status == 401
        connection.close()
    assert ask(proxy, "ann", "secret")[0] == 200


def test_a_reload_forgets(frontd_files):
    proxy = prepare(frontd_files).start()
    assert statuses(proxy, "ann", "abcd") == [401, 401, 401, 429]
    proxy.reload()
    assert statuses(proxy, "ann", "abcd") == [401, 401, 401, 429]


def test_a_flood_of_names_leaves_it_as_small_as_it_was(frontd_files):
    if is_sanitized():
        pytest.skip("a sanitizer keeps memory that was given back")
    proxy = prepare(frontd_files, passwords="ann:{PLAIN}secret\n", text=SITE.replace("debug", "crit")).start()
    pid = next(pid for pid, name in proxy.processes().items() if name == "frontd-auth")

    def memory():
        return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status", encoding="ascii").read())[1])

    assert statuses(proxy, "ann", "abcd") == [401, 401, 401, 429]
    before = memory()
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port("http"), timeout=60, source_address=("127.7.7.7", 0))
    for number in range(3000):
        connection.request("GET", "/", headers={"Authorization": basic(f"name {number}", "x")})
        response = connection.getresponse()
        response.read()
        assert response.status in (401, 429)
    assert memory() - before < 2000
    assert ask(proxy, "ann", "e")[0] == 429


@pytest.mark.parametrize("words", ["5", "0/m", "5r/m", "5/w", "1001/s", "five/m", "-1/m", "''", "5/m 6/m"])
def test_what_is_no_rate_is_refused(frontd_files, words):
    proxy = frontd_files("http { auth_throttle %s; server { listen 127.0.0.1:@http@; } }" % words)
    result = proxy.command("-t", check=False)
    assert result.returncode == 1 and "auth_throttle" in result.stderr, result.stderr
