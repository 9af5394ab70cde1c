"""New certificates come into running workers by themselves: all of them or none, and nobody notices."""

import os
import pathlib
import shutil
import signal
import socket
import ssl
import time

import pytest
from cryptography import x509
from support.wait import wait_until
from support.wire import Peer, client_tls

CONFIG = """
worker_processes 3;
certificate_watch @watch@;
http {
    access_log off;
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; keepalive_timeout 600s;
        ssl_certificate @home@/live/cert.pem; ssl_certificate_key @home@/live/key.pem;
        return 200 "here";
    }
    server {
        listen 127.0.0.1:@https@ ssl; server_name other.example;
        ssl_certificate @cert:other.example@; ssl_certificate_key @key:other.example@;
        return 200 "other";
    }
}
mail {
    server_name edge.example.test;
    smtp_auth none;
    server {
        listen 127.0.0.1:@smtp@; protocol smtp; starttls on; proxy_pass @backend@;
        ssl_certificate @home@/live/cert.pem; ssl_certificate_key @home@/live/key.pem;
    }
}
"""

IN_FORCE = r"new certificates are in force in 3 workers: "


class Edge:
    """`frontd` runs; live/ is a symbolic link to the directory of the pair that is served."""

    def __init__(self, frontd_files, smtp_backend, watch="1s"):
        self.frontd = frontd_files("", watch=watch, backend=smtp_backend().address)
        self.home = self.frontd.home
        self.number = 0
        self.serial = self.switch()
        self.frontd.write_config(CONFIG)
        self.frontd.start()
        self.workers = self.frontd.workers()

    def make(self, **options):
        """A new pair in a directory of its own; returns directory and serial number."""
        self.number += 1
        name = f"pair-{self.number}"
        cert, key = self.frontd.certificates.make(name, **options)
        directory = self.home / name
        directory.mkdir()
        shutil.copy(cert, directory / "cert.pem")
        shutil.copy(key, directory / "key.pem")
        return directory, self.frontd.certificates.serial(name)

    def switch(self, directory=None, serial=None):
        """Lets live/ lead to another pair, a new one if none is given; returns its serial number."""
        if directory is None:
            directory, serial = self.make()
        link = self.home / "next"
        link.symlink_to(directory.name)
        link.rename(self.home / "live")
        return serial

    def put(self, name, source):
        """Overwrites one file that is served, in place, as cp does."""
        (self.home / "live" / name).write_bytes(pathlib.Path(source).read_bytes())

    def port(self, name):
        return self.frontd.port(name)

    def served(self, name="localhost", **options):
        """Over HTTPS."""
        return serial_of(connect_tls(self.port("https"), name, **options))

    def served_by_mail(self):
        peer = Peer(socket.create_connection(("127.0.0.1", self.port("smtp")), 10))
        peer.expect_reply(220)
        peer.command("EHLO client.example", 250)
        peer.smtp_starttls()
        serial = x509.load_der_x509_certificate(peer.certificate).serial_number
        peer.close()
        return serial

    def log_since(self, mark):
        return self.frontd.log()[mark:]


def connect_tls(port, name="localhost", timeout=10):
    peer = Peer(socket.create_connection(("127.0.0.1", port), timeout), timeout)
    peer.start_tls(client_tls(), name)
    return peer


def serial_of(peer):
    serial = x509.load_der_x509_certificate(peer.certificate).serial_number
    peer.close()
    return serial


@pytest.fixture
def edge(frontd_files, smtp_backend):
    return Edge(frontd_files, smtp_backend)


def wait_for_swap(edge, mark):
    """The counter of swaps has gone up: every worker serves the new ones."""
    edge.frontd.wait_for_log(IN_FORCE, since=mark, timeout=30)


def assert_all_serve(edge, serial, times=30):
    """Connections come to any worker: so many that none is left out."""
    assert {edge.served() for _ in range(times)} == {serial}
    assert {edge.served_by_mail() for _ in range(times // 3)} == {serial}


def test_a_switched_link_brings_the_new_certificate_to_every_worker(edge):
    old = connect_tls(edge.port("https"))
    assert old.request().body == b"here"
    mail = Peer(socket.create_connection(("127.0.0.1", edge.port("smtp")), 10))
    mail.expect_reply(220)
    mail.command("EHLO client.example", 250)
    other = edge.served("other.example")
    mark = len(edge.frontd.log())
    serial = edge.switch()
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)
    assert edge.served("other.example") == other
    assert edge.frontd.workers() == edge.workers  # nobody was replaced
    assert old.request().body == b"here"  # and a connection goes on
    mail.smtp_starttls()  # this one meets the new certificate in the middle of its session
    assert x509.load_der_x509_certificate(mail.certificate).serial_number == serial
    status = edge.frontd.command("-s", "status").stdout
    assert f"certificate {edge.home}/live/cert.pem: localhost and others, good until " in status
    assert "certificates swapped 1 times, last " in status
    assert edge.log_since(mark).count("new certificates are in force") == 1


def test_overwritten_files_bring_the_new_certificate(edge):
    mark = len(edge.frontd.log())
    directory, serial = edge.make(kind="rsa")  # another kind of key, too
    edge.put("key.pem", directory / "key.pem")
    edge.put("cert.pem", directory / "cert.pem")
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)
    assert "[error]" not in edge.log_since(mark)


def test_half_a_copy_is_waited_for_in_silence(frontd_files, smtp_backend):
    """Pitfall 14. The patience is three looks, here 12 s; each step takes half of it."""
    edge = Edge(frontd_files, smtp_backend, watch="4s")
    mark = len(edge.frontd.log())
    directory, serial = edge.make()
    edge.put("key.pem", directory / "key.pem")
    time.sleep(6)  # it is looked at, and is half of something
    assert edge.served() == edge.serial
    certificate = (directory / "cert.pem").read_bytes()
    (edge.home / "live/cert.pem").write_bytes(certificate[:100])
    time.sleep(6)
    assert edge.served() == edge.serial
    (edge.home / "live/cert.pem").write_bytes(certificate)
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)
    assert "[error]" not in edge.log_since(mark)


def mismatched(edge, directory):
    other, _ = edge.make()
    shutil.copy(other / "key.pem", directory / "key.pem")


def truncated(_, directory):
    text = (directory / "cert.pem").read_bytes()
    (directory / "cert.pem").write_bytes(text[: len(text) // 3])


def empty_key(_, directory):
    (directory / "key.pem").write_bytes(b"")


def missing_key(_, directory):
    (directory / "key.pem").unlink()


def nonsense(_, directory):
    (directory / "cert.pem").write_bytes(os.urandom(4000))


@pytest.mark.parametrize(
    ("spoil", "file", "words", "options"),
    [
        (mismatched, "key.pem", "does not belong to the certificate", {}),
        (truncated, "cert.pem", "damaged", {}),
        (empty_key, "key.pem", "empty", {}),
        (missing_key, "key.pem", "No such file", {}),
        (nonsense, "cert.pem", "no certificate", {}),
        (None, "cert.pem", "expired", {"starts": -20, "ends": -1}),
        (None, "cert.pem", "not valid yet", {"starts": 2}),
        (None, "cert.pem", "none of the names", {"names": ("elsewhere.example",)}),
    ],
    ids=["mismatched", "truncated", "empty", "missing", "nonsense", "expired", "too early", "another site's"],
)
def test_a_bad_pair_is_refused_once_and_the_old_one_goes_on(edge, spoil, file, words, options):
    mark = len(edge.frontd.log())
    directory, _ = edge.make(**options)
    if spoil is not None:
        spoil(edge, directory)
    edge.switch(directory, None)
    edge.frontd.wait_for_log(rf"\[error\].*refused.*live/{file}: .*{words}", since=mark, timeout=30)
    time.sleep(3)
    assert edge.log_since(mark).count("refused") == 1
    assert "refused: " in edge.frontd.command("-s", "status").stdout
    assert_all_serve(edge, edge.serial)
    serial = edge.switch()  # mended
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)
    assert "refused: " not in edge.frontd.command("-s", "status").stdout


def test_a_bad_pair_does_not_keep_a_good_one_out(edge):
    mark = len(edge.frontd.log())
    directory, _ = edge.make()
    mismatched(edge, directory)
    edge.switch(directory, None)
    edge.frontd.certificates.make("other.example", ("other.example",))
    serial = edge.frontd.certificates.serial("other.example")
    wait_for_swap(edge, mark)
    assert edge.served("other.example") == serial
    assert edge.served() == edge.serial


def test_no_worker_serves_it_before_all_can(edge):
    """One worker stands still: the others have prepared and go on with what there is."""
    victim = edge.workers[0]
    mark = len(edge.frontd.log())
    os.kill(victim, signal.SIGSTOP)
    try:
        serial = edge.switch()
        # Its queue of connections must not stand still with it: those that it has not accepted are the others'.
        end = time.monotonic() + 6
        while time.monotonic() < end:
            assert edge.served() == edge.serial
        edge.frontd.wait_for_log(rf"could not be taken.*worker {victim} was not ready in time", since=mark, timeout=30)
        assert {edge.served() for _ in range(10)} == {edge.serial}
        wait_until(lambda: len(edge.frontd.keyholders()) == 1, edge.frontd.describe)
    finally:
        os.kill(victim, signal.SIGCONT)
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)
    assert edge.frontd.workers() == edge.workers, edge.frontd.describe()


def test_a_key_holder_that_dies_before_the_end_changes_nothing(edge):
    before = edge.frontd.keyholders()
    victim = edge.workers[0]
    mark = len(edge.frontd.log())
    os.kill(victim, signal.SIGSTOP)  # so that it stays between PREPARE and COMMIT
    try:
        serial = edge.switch()
        wait_until(lambda: len(edge.frontd.keyholders()) == 2, edge.frontd.describe, timeout=20)
        wait_until(lambda: edge.log_since(mark).count("key holder ") >= 1, edge.frontd.describe)
        time.sleep(1)  # the other two have prepared
        (fresh,) = set(edge.frontd.keyholders()) - set(before)
        os.kill(fresh, signal.SIGKILL)
        edge.frontd.wait_for_log(r"could not be taken.*the key holder", since=mark)
        assert {edge.served() for _ in range(10)} == {edge.serial}
    finally:
        os.kill(victim, signal.SIGCONT)
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)


def test_a_worker_that_dies_meanwhile_changes_nothing(edge):
    victim = edge.workers[0]
    mark = len(edge.frontd.log())
    os.kill(victim, signal.SIGSTOP)
    serial = edge.switch()
    wait_until(lambda: len(edge.frontd.keyholders()) == 2, edge.frontd.describe, timeout=20)
    os.kill(victim, signal.SIGKILL)
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)


def test_a_respawned_worker_has_the_new_certificate(edge):
    mark = len(edge.frontd.log())
    serial = edge.switch()
    wait_for_swap(edge, mark)
    for victim in edge.workers:
        os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(edge.frontd.workers()) == 3 and not set(edge.workers) & set(edge.frontd.workers()),
               edge.frontd.describe)
    assert_all_serve(edge, serial)


def test_a_killed_key_holder_of_swapped_certificates_is_replaced(edge):
    mark = len(edge.frontd.log())
    before = edge.frontd.keyholders()
    serial = edge.switch()
    wait_for_swap(edge, mark)
    (holder,) = set(edge.frontd.keyholders()) - set(before)
    os.kill(holder, signal.SIGKILL)
    wait_until(lambda: edge.frontd.log().count("there is a key holder again") == 3, edge.frontd.describe)
    assert_all_serve(edge, serial)


def test_a_handshake_over_the_swap_is_finished_by_the_old_key_holder(edge):
    """Pitfall 15. The old one goes when no handshake can need it any more."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_tls().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    hello = outgoing.read()
    before = edge.frontd.keyholders()
    mark = len(edge.frontd.log())
    with socket.create_connection(("127.0.0.1", edge.port("https")), 10) as sock:
        sock.sendall(hello[:40])
        serial = edge.switch()
        wait_for_swap(edge, mark)
        assert edge.served() == serial
        sock.sendall(hello[40:])
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                got = sock.recv(65536)
                assert got, edge.frontd.describe()
                incoming.write(got)
    assert x509.load_der_x509_certificate(client.getpeercert(True)).serial_number == edge.serial
    assert set(before) < set(edge.frontd.keyholders())
    wait_until(lambda: not set(before) & set(edge.frontd.keyholders()), edge.frontd.describe, timeout=60)
    assert len(edge.frontd.keyholders()) == 1
    assert edge.served() == serial


def test_tickets_of_the_old_certificate_do_not_resume(edge):
    """Pitfall 11: a ticket is good for one set of certificates."""
    context = client_tls(maximum_version=ssl.TLSVersion.TLSv1_2)

    def session_of(session):
        with socket.create_connection(("127.0.0.1", edge.port("https")), 10) as sock:
            with context.wrap_socket(sock, server_hostname="localhost", session=session) as secured:
                return secured.session_reused, secured.session

    _, session = session_of(None)
    assert session_of(session)[0]
    mark = len(edge.frontd.log())
    edge.switch()
    wait_for_swap(edge, mark)
    assert not session_of(session)[0]
    _, session = session_of(None)
    assert session_of(session)[0]


def test_a_signal_hurries_it_and_a_reload_takes_what_is_there(frontd_files, smtp_backend):
    edge = Edge(frontd_files, smtp_backend, watch="0")
    mark = len(edge.frontd.log())
    serial = edge.switch()
    time.sleep(1.5)
    assert edge.served() == edge.serial  # nobody looks
    edge.frontd.signal(signal.SIGUSR2)
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)
    assert edge.frontd.workers() == edge.workers, edge.frontd.describe()
    serial = edge.switch()
    edge.frontd.reload()
    assert_all_serve(edge, serial)


def test_a_key_holder_that_is_replaced_after_its_keys_were_overwritten_has_their_certificate(frontd_files, smtp_backend):
    """What it reads are the files as they are then, and the certificate has to fit."""
    edge = Edge(frontd_files, smtp_backend, watch="0")
    mark = len(edge.frontd.log())
    directory, serial = edge.make()
    edge.put("key.pem", directory / "key.pem")
    edge.put("cert.pem", directory / "cert.pem")
    assert edge.served() == edge.serial
    os.kill(edge.frontd.keyholders()[0], signal.SIGKILL)
    wait_for_swap(edge, mark)
    assert_all_serve(edge, serial)


def test_a_reload_in_the_middle_of_a_swap_wins(edge):
    victim = edge.workers[0]
    os.kill(victim, signal.SIGSTOP)
    try:
        serial = edge.switch()
        wait_until(lambda: len(edge.frontd.keyholders()) == 2, edge.frontd.describe, timeout=20)
        edge.frontd.signal(signal.SIGHUP)
        wait_until(lambda: edge.served() == serial, edge.frontd.describe, timeout=20)
    finally:
        os.kill(victim, signal.SIGCONT)
    wait_until(lambda: not set(edge.workers) & set(edge.frontd.workers()), edge.frontd.describe)
    assert_all_serve(edge, serial)
    wait_until(lambda: len(edge.frontd.keyholders()) == 1, edge.frontd.describe)


def test_files_that_are_only_touched_change_nothing(edge):
    mark = len(edge.frontd.log())
    before = edge.frontd.keyholders()
    for name in ("cert.pem", "key.pem"):
        os.utime(edge.home / "live" / name)
        edge.put(name, edge.home / "live" / name)
    time.sleep(4)
    assert "certificate" not in edge.log_since(mark)
    assert edge.frontd.keyholders() == before


def test_no_handshake_fails_and_no_connection_is_cut_while_certificates_change(edge, load):
    https, smtp = edge.port("https"), edge.port("smtp")
    idle = connect_tls(https)
    loads = [
        load("http", https, "--tls", "--connections", "4"),
        load("http", https, "--tls", "--close", "--connections", "4"),
        load("smtp", smtp, "--starttls", "--size", "4096", "--connections", "2"),
    ]
    for _ in range(5):
        mark = len(edge.frontd.log())
        serial = edge.switch()
        wait_for_swap(edge, mark)
        assert edge.served() == serial
    for each in loads:
        result = each.finish()
        assert result["failed"] == 0 and result["done"] > 0, f"{each.name}: {result}"
    assert idle.request().body == b"here"
    assert edge.frontd.workers() == edge.workers, edge.frontd.describe()
