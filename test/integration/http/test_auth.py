"""auth_basic: what nginx answers to the same requests with the same files, and what frontd-auth adds to
it. Debian's nginx runs beside, with the same configuration."""

import base64
import http.client
import os
import re
import signal
import statistics
import subprocess
import threading
import time

import pytest
from support.processes import cpu_seconds
from support.wait import wait_until

BCRYPT_12 = "$2y$12$cB8ptXGPhEI9wuYV86067ebEn4BFlIYrT5kTS7TiwTMo5mTl1RbkK"

# Each user's password is "secret".
PASSWORDS = """# somebody:commented
des:abNANd1rDfiNc
one:$1$saltsalt$9xy1btjgzLYfb7hivXtC//
apr:$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0
blow:$2y$04$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi
yes:$y$j9T$3//v9LRb/24YomoWreiIT1$Tpsj2XhE5RFPiiaqdhUWK3zxKw4aEdXv6rryK3SV9gA
gost:$gy$j75$izIqazQE6x7bQll6KGAF3/$XAwkR.EKxkgELPClM67bo80fLVMXP8ja1c06wOzQhj4
seven:$7$BU..../....vLMn/Lg4tWblF.9jmfkV7.$O1h7iy6pzYlTeEbNyHc8NNwlE1/aKYT2eVDZchY.EM9
sha1:$sha1$862$RV0fDQWPISDiVFQ0PmQ0$QA715.9cHt3HXdy3PAvvXSXfAg1V
sun:$md5,rounds=65956$ZXRDWTky$$9Nss68FiSN2cTTURhQ0Nn0
three:$3$$878d8014606cda29677a44efa1353fc7
bsdi:_J9..5YacZX9PiLmxq8U
sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r
ssha:{SSHA}8bX4JQDfZqtTfvnQ4ssDmWb17/FTQUxU:1000:1000::/home:extra
plain:{PLAIN}secret
twice:{PLAIN}secret
twice:{PLAIN}second
u.s-e+r@x:{PLAIN}secret
bare:secret
empty:
no colon at all

last:{PLAIN}secret"""

DOVECOT = """ssha256:{SSHA256}/Z0pkpAWsb9JVo7KukPokurXiYYQIwyFpQehiwMEOTpTQUxU:1000:1000::/home/x::
blf:{BLF-CRYPT}$2y$04$m9b0ik8No5Tc.qaG/GpoPe1785nERaAE3qKSqyqyvoyIl9BzFgNTi
hex:{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69
"""

SITE = """
worker_processes 1;
error_log logs/error.log debug;
http {
    log_format user '$status [$remote_user]';
    access_log @home@/logs/access.log user;
    auth_basic_user_file passwords;
    server {
        listen 127.0.0.1:@http@;
        server_name auth.test;
        root @home@/www;
        auth_basic "huh?";
        location / { }
        location /open { auth_basic off; }
        location /robots.txt { return 200 "all\\n"; }
        location /missing { auth_basic_user_file nowhere; }
        location /unreadable { auth_basic_user_file unreadable; }
        location /host { auth_basic "for $host"; }
        location /proxied { proxy_pass http://@backend@; }
        @more@
    }
}
"""


def prepare(frontd_files, more="", passwords=PASSWORDS, backend="127.0.0.1:1", text=SITE):
    proxy = frontd_files(text, more=more, backend=backend)
    proxy.file("passwords", passwords)
    proxy.file("unreadable", passwords).chmod(0o600)
    for name in ("index.html", "open", "missing", "unreadable", "host", "slow"):
        proxy.file(f"www/{name}", f"{name}\n")
    return proxy


def basic(user, password="secret", scheme="Basic "):
    return "Authorization: " + scheme + base64.b64encode(f"{user}:{password}".encode()).decode()


def curl(port, path="/", *words):
    """(status, body, WWW-Authenticate)"""
    command = ["curl", "-s", "-i", "--max-time", "30", f"http://127.0.0.1:{port}{path}"]
    head, _, body = subprocess.run([*command, *words], capture_output=True, check=True).stdout.partition(b"\r\n\r\n")
    realm = re.search(rb"(?im)^WWW-Authenticate: (.*)\r$", head + b"\r")
    return int(head.split()[1]), body, realm and realm[1].decode()


def login(proxy, user, password="secret", path="/"):
    return curl(proxy.port("http"), path, "-H", basic(user, password))[0]


USERS = ["des", "one", "apr", "blow", "yes", "gost", "seven", "sha1", "sun", "three", "bsdi", "sha", "ssha", "plain", "twice", "u.s-e+r@x", "last", "bare", "empty",
         "nobody", "somebody", "# somebody", "no colon at all", "SHA", ""]

FORMS = [
    "Authorization: basic cGxhaW46c2VjcmV0",
    "Authorization: BASIC     cGxhaW46c2VjcmV0",
    "Authorization: Basic c2hhOnNlY3JldA",  # no padding
    "Authorization: Basic c2hhOnNlY3JldA=",
    "Authorization: Basic c2hhOnNlY3JldA==",
    "Authorization: Basic c2hhOnNlY3JldA==)",
    "Authorization: Basic c2hhO(NlY3JldA==",
    "Authorization: Basic c2hhc2VjcmV0",  # no colon
    "Authorization: Basic",
    "Authorization: Basic ",
    "Authorization: Bearer cGxhaW46c2VjcmV0",
    "Authorization: cGxhaW46c2VjcmV0",
    "X-Nothing: x",
]

LINE = re.compile(r"^\S+ \S+ \[(error|info|crit)\] \d+#\d+: \*\d+ (.*)$", re.M)


def auth_lines(text, port):
    """The lines about passwords without time, process, connection and port."""
    lines = [f"{level} {words}" for level, words in LINE.findall(text.replace(f":{port}", ":PORT"))]
    return [line for line in lines if re.search(r"password|was not found in|open\(\)", line)]


def test_nginx_answers_and_logs_the_same(frontd_files, nginx):
    proxy = prepare(frontd_files).start()
    beside = nginx(proxy)
    since = len(beside.log_path.read_text())
    requests = [("/", basic(user, password)) for user in USERS for password in ("secret", "wrong", "", "secret\u00e4")]
    requests += [("/", form) for form in FORMS]
    requests += [(path, header) for header in (basic("plain"), basic("plain", "wrong"), "X-Nothing: x")
                 for path in ("/open", "/robots.txt", "/missing", "/unreadable", "/host", "/nothing-there")]
    requests += [("/?q=%22", basic("nobody")), ("/", basic("des", "secret78and-more"))]
    for path, header in requests:
        words = ("-H", header, "-H", "Referer: http://x/")
        ours, its = curl(proxy.port("http"), path, *words), curl(beside.port, path, *words)
        assert (ours[0], ours[2]) == (its[0], its[2]), (path, header)
        if its[0] == 200:
            assert ours[1] == its[1], (path, header)
    ours = auth_lines(proxy.log(), proxy.port("http"))
    its = auth_lines(beside.log_path.read_text()[since:], beside.port)
    assert len(ours) > 50
    its = [line for line in its if "/www/" not in line]  # a page that is not there
    assert ours == its
    assert proxy.log("access.log").splitlines() == [
        line for line in proxy.log("nginx-access.log").splitlines()][-len(requests):]


def test_dovecot_hashes_are_taken_too(frontd_files):
    proxy = prepare(frontd_files, passwords=DOVECOT).start()
    for user in ("ssha256", "blf", "hex"):
        assert (login(proxy, user), login(proxy, user, "wrong")) == (200, 401)


def test_fail2ban_finds_every_failure(frontd_files):
    proxy = prepare(frontd_files).start()
    port = proxy.port("http")
    names = ["plain", "nobody", 'a"b', 'x": password mismatch, client: 1.2.3.4, server: y', "\u00e4 \x01", "n" * 300]
    for name in names:
        assert login(proxy, name, "wrong") == 401
    assert curl(port, "/" + "long" * 1500, "-H", basic("plain", "wrong"))[0] == 401
    assert curl(port, "/?a=%20", "-H", basic("plain", "x" * 600), "-H", "Referer: http://a/" + "b c" * 200)[0] == 401
    assert login(proxy, "plain") == 200
    log = proxy.home / "logs/error.log"
    result = subprocess.run(["fail2ban-regex", "-v", str(log), "/etc/fail2ban/filter.d/nginx-http-auth.conf"],
                            capture_output=True, text=True, check=False)
    assert re.search(rf"Failregex: {len(names) + 2} total", result.stdout), result.stdout + proxy.log()
    assert "1.2.3.4 " not in result.stdout


def test_authorization_goes_on_to_the_backend(frontd_files, http_backend):
    backend = http_backend()
    proxy = prepare(frontd_files, backend=backend.address).start()
    assert login(proxy, "nobody", path="/proxied") == 401
    assert not backend.requests
    status, body, _ = curl(proxy.port("http"), "/proxied", "-H", basic("sha"), "-d", "x" * 100000)
    assert (status, body) == (200, b"hello")
    assert backend.requests[0].field("authorization") == basic("sha").partition(": ")[2]
    assert len(backend.requests[0].body) == 100000
    assert proxy.wait_for_log(r"200 \[sha\]", "access.log")


def test_a_replaced_file_counts_within_moments(frontd_files):
    proxy = prepare(frontd_files).start()
    assert (login(proxy, "plain"), login(proxy, "new")) == (200, 401)
    fresh = proxy.file("passwords.new", "new:{PLAIN}secret\n")
    os.rename(fresh, proxy.home / "passwords")
    wait_until(lambda: login(proxy, "new") == 200, proxy.describe, 3)
    assert login(proxy, "plain") == 401, "what was remembered is forgotten"
    with open(proxy.home / "passwords", "a", encoding="ascii") as file:  # in place
        file.write("third:{PLAIN}secret\n")
    wait_until(lambda: login(proxy, "third") == 200, proxy.describe, 3)
    os.unlink(proxy.home / "passwords")
    wait_until(lambda: login(proxy, "third") == 403, proxy.describe, 3)


def auth_pid(proxy):
    return next((pid for pid, name in proxy.processes().items() if name == "frontd-auth"), None)


def hashes(proxy):
    """How many frontd-auth has computed, as -s status says (which hears it three times a second)."""
    time.sleep(1)
    return int(re.search(r"frontd-auth \d+: (\d+) hashes computed", proxy.command("-s", "status").stdout)[1])


def test_the_same_password_costs_no_second_hash(frontd_files):
    proxy = prepare(frontd_files, passwords=f"slow:{BCRYPT_12}\n",
                    more="location /slow { auth_cache 0; }").start()
    assert hashes(proxy) == 0
    assert login(proxy, "slow", "frontd", "/host") == 200
    before = cpu_seconds([auth_pid(proxy)])
    for _ in range(10):
        assert login(proxy, "slow", "frontd", "/host") == 200
    assert cpu_seconds([auth_pid(proxy)]) - before < 0.1
    assert proxy.log().count('user "slow" accepted without a hash') == 10
    assert hashes(proxy) == 1
    assert login(proxy, "slow", "frontd", "/slow") == 200
    assert cpu_seconds([auth_pid(proxy)]) - before > 0.1, "the control: a hash is seen"
    assert hashes(proxy) == 2
    assert proxy.log().count('user "slow" accepted without a hash') == 10


def test_the_same_password_at_once_costs_one_hash(frontd_files):
    """As browsers ask: many connections at once, none of which knows that the password is right."""
    proxy = prepare(frontd_files, passwords=f"slow:{BCRYPT_12}\nslow2:{BCRYPT_12}\n").start()
    answers = []

    def ask(user, password):
        answers.append(login(proxy, user, password, "/host"))

    def ask_at_once(*asked):
        threads = [threading.Thread(target=ask, args=each) for each in asked]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    ask_at_once(*[("slow", "frontd")] * 30)
    assert answers == [200] * 30
    assert hashes(proxy) == 1
    answers.clear()
    ask_at_once(*[(user, f"wrong {number}") for user in ("slow", "slow2") for number in range(3)])
    assert answers == [401] * 6
    assert hashes(proxy) == 7, "the control: what is not the same is computed each"


def test_unknown_users_cost_a_hash_too(frontd_files):
    proxy = prepare(frontd_files, passwords=f"fast:{{PLAIN}}x\nslow:{BCRYPT_12}\nslow2:{BCRYPT_12}\n").start()
    spent = {}
    for user in ("slow", "nobody", "fast"):
        before = cpu_seconds([auth_pid(proxy)])
        assert login(proxy, user, "wrong") == 401
        spent[user] = cpu_seconds([auth_pid(proxy)]) - before
    assert spent["nobody"] > 0.5 * spent["slow"] > 5 * spent["fast"], spent


def test_a_flood_of_logins_slows_logins_only(frontd_files):
    proxy = prepare(frontd_files, passwords=f"slow:{BCRYPT_12}\n").start()
    port, stop, answers = proxy.port("http"), threading.Event(), []

    def flood(number):
        while not stop.is_set():
            fields = dict([basic("slow", f"wrong {number} {len(answers)}").split(": ", 1)])
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("GET", "/", headers=fields)
            answers.append(connection.getresponse().status)
            connection.close()
            time.sleep(0.5)

    def measure():
        times = []
        for _ in range(100):
            started = time.monotonic()
            assert curl(port, "/open")[0] == 200
            times.append(time.monotonic() - started)
        return statistics.quantiles(times, n=20)[-1]

    quiet = measure()
    threads = [threading.Thread(target=flood, args=(number,)) for number in range(80)]
    for thread in threads:
        thread.start()
    wait_until(lambda: 503 in answers, lambda: f"the queue is never full: {answers}", 60)
    busy = measure()
    stop.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {401, 503}
    # with the hashes in the worker, each request would wait for a queue of quarters of a second
    assert busy < max(0.2, 6 * quiet), (quiet, busy)
    assert "password cannot be verified now: too many are being verified, client: 127.0.0.1" in proxy.log()


def test_hashing_takes_what_nobody_else_wants(frontd_files):
    proxy = prepare(frontd_files).start()
    pid = auth_pid(proxy)
    threads = sorted(int(thread) for thread in os.listdir(f"/proc/{pid}/task"))
    assert len(threads) > 1 and threads[0] == pid
    assert os.sched_getscheduler(pid) == os.SCHED_OTHER
    assert {os.sched_getscheduler(thread) for thread in threads[1:]} == {os.SCHED_IDLE}


def test_a_killed_auth_heals(frontd_files):
    proxy = prepare(frontd_files, passwords=f"slow:{BCRYPT_12}\nplain:{{PLAIN}}secret\n").start()
    for _ in range(3):
        pid = auth_pid(proxy)
        os.kill(pid, signal.SIGKILL)
        assert login(proxy, "plain") in (200, 503)
        wait_until(lambda pid=pid: auth_pid(proxy) not in (None, pid), proxy.describe)
        wait_until(lambda: login(proxy, "plain") == 200, proxy.describe)
        assert curl(proxy.port("http"), "/open")[0] == 200
    assert "frontd-auth" in proxy.wait_for_log(r"frontd-auth \d+ died: killed by signal 9.*")[0]


def test_a_stopped_auth_stops_nobody_else_and_is_replaced(frontd_files):
    """Who logs in hears so within two seconds (and what a loaded test machine takes), and the next one
    gets in."""
    proxy = prepare(frontd_files).start()
    pid, answers = auth_pid(proxy), []
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()

    def wait():
        answers.append(login(proxy, "plain"))
        answers.append(time.monotonic() - began)

    waiting = threading.Thread(target=wait)
    waiting.start()
    for _ in range(20):
        assert curl(proxy.port("http"), "/open", "--max-time", "2")[0] == 200
    waiting.join()
    assert answers[0] == 503 and answers[1] < 3, answers
    proxy.wait_for_log(rf"alert.* frontd-auth {pid} does not answer: killed")
    wait_until(lambda: auth_pid(proxy) not in (None, pid), proxy.describe)
    wait_until(lambda: login(proxy, "plain") == 200, proxy.describe)
    assert proxy.log().count("does not answer: killed") == 1


def test_a_busy_auth_is_not_taken_for_a_stopped_one(frontd_files):
    """The control: hashes may take as long as they want."""
    proxy = prepare(frontd_files, passwords=f"slow:{BCRYPT_12}\n").start()
    pid = auth_pid(proxy)
    threads = [threading.Thread(target=login, args=(proxy, "slow", f"wrong {number}")) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert auth_pid(proxy) == pid and "does not answer" not in proxy.log()


def test_a_killed_worker_is_served_again(frontd_files):
    proxy = prepare(frontd_files).start()
    worker = next(pid for pid, name in proxy.processes().items() if name == "frontd-worker")
    os.kill(worker, signal.SIGKILL)
    proxy.wait_for_log(r"worker \d+ serves in its place")
    assert (login(proxy, "plain"), login(proxy, "plain", "wrong")) == (200, 401)


def test_a_reload_changes_the_files(frontd_files):
    proxy = prepare(frontd_files).start()
    first = auth_pid(proxy)
    proxy.file("other", "other:{PLAIN}secret\n")
    proxy.reload(SITE.replace("auth_basic_user_file passwords;", "auth_basic_user_file other;"))
    assert (login(proxy, "other"), login(proxy, "plain")) == (200, 401)
    wait_until(lambda: first not in proxy.processes(), proxy.describe)
    proxy.reload("http { server { listen 127.0.0.1:@http@; root @home@/www; } }")
    assert curl(proxy.port("http"))[0] == 200
    wait_until(lambda: auth_pid(proxy) is None, proxy.describe)


def test_auth_runs_as_the_workers_do_and_has_no_socket_of_the_network(frontd_files):
    proxy = prepare(frontd_files).start()
    status = {name: open(f"/proc/{pid}/status", encoding="ascii").read() for pid, name in proxy.processes().items()}
    uids = {name: re.search(r"^Uid:\s+(.*)$", text, re.M)[1] for name, text in status.items()}
    assert uids["frontd-auth"] == uids["frontd-worker"]
    if os.geteuid() == 0:
        assert "0\t" not in uids["frontd-auth"] and login(proxy, "plain", path="/unreadable") == 500
    assert "NoNewPrivs:\t1" in status["frontd-auth"]
    sockets = {os.readlink(f"/proc/{auth_pid(proxy)}/fd/{fd}") for fd in os.listdir(f"/proc/{auth_pid(proxy)}/fd")}
    network = open("/proc/net/tcp", encoding="ascii").read() + open("/proc/net/tcp6", encoding="ascii").read()
    for inode in re.findall(r"socket:\[(\d+)\]", " ".join(sockets)):
        assert f" {inode} " not in network


def test_a_refusal_can_be_delayed(frontd_files):
    proxy = prepare(frontd_files, more="location /slow { auth_delay 1s; }").start()
    for header, expected, least in ((basic("plain"), 200, 0), (basic("plain", "x"), 401, 1), ("X: x", 401, 1)):
        started = time.monotonic()
        assert curl(proxy.port("http"), "/slow", "-H", header)[0] == expected
        assert least <= time.monotonic() - started < least + 0.9
    command = ["curl", "-s", "--max-time", "0.2", f"http://127.0.0.1:{proxy.port('http')}/slow"]
    assert subprocess.run(command, check=False).returncode == 28  # a client that does not wait
    assert login(proxy, "plain") == 200


def test_the_check_looks_into_the_files(frontd_files):
    proxy = prepare(frontd_files)
    result = proxy.command("-t")
    words = " ".join(result.stderr.split())
    assert re.search(r"password file \S*/nowhere does not exist", words)
    assert re.search(r"password file \S*/passwords: 3 of 21 entries can never be used, the first in line 19", words)
    for kind in ("DES crypt", "MD5 crypt", "Apache's MD5", "plain text", "SHA-1"):
        assert kind in words, words
    assert "bcrypt (" not in words and "yescrypt" not in words
    if os.geteuid() == 0:
        assert re.search(r"password file \S*/unreadable cannot be read", words)
        assert "frontd-auth, the user nobody, the workers', since there is no frontd-auth, may not read it" in words


@pytest.mark.parametrize("directives, words", [
    ("auth_basic x;", "without a password file protects nothing"),
    ("location / { auth_basic x; }", "without a password file protects nothing"),
    ("auth_basic x; location / { auth_basic_user_file f; } location /a { }", "without a password file"),
    ("auth_basic x; auth_basic_user_file $host;", "variables in `auth_basic_user_file`"),
    ("auth_basic $nothing; auth_basic_user_file x;", "unknown variable `$nothing`"),
])
def test_what_cannot_be_is_refused(frontd_files, directives, words):
    proxy = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % directives)
    result = proxy.command("-t", check=False)
    assert result.returncode == 1 and words in result.stderr, result.stderr


@pytest.mark.parametrize("directives", [
    "auth_basic x; location / { auth_basic_user_file f; }",
    "auth_basic x; return 404;",
    "auth_basic x; location / { auth_basic off; }",
    "auth_basic_user_file f; location / { auth_basic x; }",
])
def test_what_is_complete_is_taken(frontd_files, directives):
    proxy = frontd_files("http { server { listen 127.0.0.1:@http@; %s } }" % directives)
    proxy.file("f", "")
    assert "password file" not in proxy.command("-t").stderr
