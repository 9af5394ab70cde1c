"""The pitfalls of TLS and keys (reference tls-keys.md 5), row by row: which test falls into each.

Rows without a test, and why:
  13  is about tests: OpenSSL's client uses a ticket of TLS 1.3 once. Those here take a fresh one each step.
  28  frontd staples nothing: the authorities that people use gave OCSP up in 2025 (`ssl_stapling` says so).
  35  is a measurement: `test/bench/run --only full,resumed` counts what waking another processor costs.
Of rows 1 and 2 the part about IMAP waits for IMAP."""

import os
import pathlib
import re
import socket
import ssl
import struct
import subprocess
import time

import pytest
from support.frontd import binary, is_sanitized
from support.processes import memory_kib
from support.wait import wait_until
from support.wire import Peer, client_tls

TESTS = pathlib.Path(__file__).resolve().parents[2]
LAYER, CONTEXT, REMOTE = (f"unit/tls/test_tls_{name}.c" for name in ("layer", "context", "remote"))
STREAM, CLIENTS = "unit/net/test_stream.c", "integration/smtp/test_clients.py"
HOLDER, PROOFS = "integration/process/test_keyholder.py", "integration/process/test_proofs.py"
SWAP, TAKEN = "integration/certificates/test_swap.py", "integration/sandbox/test_taken_over.py"
HERE = "integration/process/test_pitfalls.py"

PITFALLS = {
    1: [(CLIENTS, "test_nothing_is_taken_from_the_clear_into_tls")],
    2: [(CLIENTS, "test_tls_forgets_what_was_said_in_the_clear")],
    3: [(LAYER, "test_wire_comes_in_pieces"), (LAYER, "test_record_is_split_everywhere")],
    4: [(STREAM, "a_large_file_and_a_slow_reader_work_under_tls")],
    5: [(LAYER, "test_failure_of_one_does_not_touch_another")],
    6: [(LAYER, "test_small_reads_lose_nothing")],
    7: [(HERE, "test_pitfall_07_half_a_record_head_takes_little_and_not_for_long")],
    8: [(LAYER, "test_flood_of_key_updates_is_refused"), (LAYER, "test_renegotiation_is_refused")],
    9: [(LAYER, "test_wire_comes_in_pieces"), (LAYER, "test_client_hello_over_16_kib_is_refused")],
    10: [(CONTEXT, "test_certificate_follows_the_name"), ("unit/tls/test_tls_names.c", "test_extension_is_parsed")],
    11: [(CONTEXT, "test_sessions_resume_on_their_server_only"),
         ("integration/process/test_tickets.py", "test_no_ticket_of_one_server_resumes_on_another")],
    12: [(CONTEXT, "test_tickets_outlive_one_rotation"),
         ("integration/process/test_lives.py", "test_a_tls_session_resumes_on_every_worker_and_after_a_reload"),
         (HERE, "test_pitfall_12_no_ticket_outlives_frontd")],
    14: [(SWAP, "test_a_bad_pair_is_refused_once_and_the_old_one_goes_on"),
         (REMOTE, "a_key_of_another_certificate_is_refused")],
    15: [(SWAP, "test_a_handshake_over_the_swap_is_finished_by_the_old_key_holder"),
         (HERE, "test_pitfall_15_a_handshake_over_a_reload_is_finished")],
    16: [(HOLDER, "test_no_worker_and_no_master_holds_a_key"), (HOLDER, "test_the_key_holders_own_memory_cannot_be_read")],
    17: [(HOLDER, "test_the_scan_is_not_blind")],
    18: [(HERE, "test_pitfall_18_no_random_number_comes_twice")],
    19: [(TAKEN, "test_a_process_that_was_taken_over_gets_nowhere")],
    20: [("integration/sandbox/test_roles.py", "test_each_process_has_a_user_of_its_own")],
    21: [(HERE, "test_pitfall_21_nothing_waits_in_the_middle_of_a_signature")],
    22: [(STREAM, "a_file_that_shrank_fails_and_is_never_padded"),
         (HERE, "test_pitfall_22_a_file_that_shrinks_under_tls_ends_no_worker")],
    23: [(CONTEXT, "test_groups"), (CONTEXT, "test_certificate_follows_the_clients_signatures")],
    24: [(CONTEXT, "test_environment_changes_nothing"), (HERE, "test_pitfall_24_the_environment_changes_nothing")],
    25: [(STREAM, "an_end_without_close_notify_is_truncation"), (LAYER, "test_end_without_close_notify_is_not_closed"),
         ("integration/http/test_framing.py", "test_a_body_that_ends_early_never_looks_complete")],
    26: [(LAYER, "test_abort_in_every_state_of_the_handshake")],
    27: [(HERE, "test_pitfall_27_a_reset_while_writing_ends_no_worker")],
    29: [("unit/tls/test_tls_check.c", "test_the_end_of_a_certificate_comes_nearer"),
         (HERE, "test_pitfall_29_a_certificate_that_expires_is_told")],
    30: [(CONTEXT, "test_application_protocol_is_the_servers"), ("integration/http/test_connection.py", "test_alpn")],
    31: [(CONTEXT, "test_long_chain_is_one_flight")],
    32: [(PROOFS, "test_what_does_not_fit_is_answered_without_a_signature"),
         (PROOFS, "test_what_no_server_signs_ends_the_channel"),
         ("unit/tls/test_tls_sign_parse.c", "only_a_servers_certificate_verify_passes")],
    33: [(REMOTE, "nonsense_from_a_key_holder_ends_the_channel"), ("unit/tls/test_tls_sign_parse.c", "lying_heads_are_refused")],
    34: [(HOLDER, "test_a_key_holder_that_hangs_is_replaced"),
         ("integration/http/test_auth.py", "test_a_stopped_auth_stops_nobody_else_and_is_replaced")],
    36: [(PROOFS, "test_with_little_lockable_memory_it_starts_and_keys_stay_in_one_place")],
    37: [(HERE, "test_pitfall_37_on_port_25_either_kind_of_certificate_will_do")],
}  # fmt: skip
WITHOUT = {13, 28, 35}


def test_every_row_has_its_test_and_each_test_is_there():
    assert set(PITFALLS) | WITHOUT == set(range(1, 38)) and not set(PITFALLS) & WITHOUT
    for number, tests in PITFALLS.items():
        for path, name in tests:
            assert re.search(rf"^(static void|def) {name}\(", (TESTS / path).read_text(), re.M), f"pitfall {number}: {name} in {path}"


SITE = """
worker_processes @workers@;
http {
    server {
        listen 127.0.0.1:@https@ ssl; server_name localhost; root @home@/site;
        ssl_certificate @cert@; ssl_certificate_key @key@;
    }
}
"""


@pytest.fixture
def edge(frontd_files):
    def make(workers=1):
        instance = frontd_files(SITE, workers=workers)
        instance.file("site/page", "a page")
        return instance

    return make


def get(connect, instance, path="/page", **options):
    client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority, **options))
    assert client.request(path).status == 200
    return client


def test_pitfall_07_half_a_record_head_takes_little_and_not_for_long(edge, connect):
    count = 200 if is_sanitized() else 2000
    instance = edge().start()
    (worker,) = instance.workers()
    get(connect, instance).close()
    before = memory_kib([worker], "Pss_Anon")
    sockets = [socket.create_connection(("127.0.0.1", instance.port("https"))) for _ in range(count)]
    for each in sockets:
        each.sendall(b"\x16\x03\x01")
    get(connect, instance).close()  # they have all been read
    if not is_sanitized():
        assert (memory_kib([worker], "Pss_Anon") - before) / count < 64, "KiB for each, as OpenSSL takes them"
    for each in sockets:
        each.settimeout(60)
        try:
            assert each.recv(10) == b""
        except ConnectionResetError:
            pass
        each.close()
    get(connect, instance).close()


def test_pitfall_12_no_ticket_outlives_frontd(edge):
    """Its keys are nowhere but in memory. (The control: test_lives.py, where tickets outlive a reload.)"""
    instance = edge()
    instance.start()
    kept = instance.home / "session.pem"
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{instance.port('https')}", "-servername", "localhost", "-tls1_2"]

    def shake(option):
        done = subprocess.run([*command, option, str(kept)], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert re.search("^(New|Reused), TLS", done.stdout, re.M), done
        return "Reused, TLS" in done.stdout

    shake("-sess_out")
    assert shake("-sess_in"), "the control"
    instance.quit()
    instance.start()
    assert not shake("-sess_in")


def begin_handshake(instance):
    """The client's first flight has been answered; the next is not sent yet."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = client_tls(instance.certificates.authority, maximum_version=ssl.TLSVersion.TLSv1_2)
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    peer = Peer(socket.create_connection(("127.0.0.1", instance.port("https")), 10))
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    peer.send(outgoing.read())
    return client, incoming, outgoing, peer


def test_pitfall_15_a_handshake_over_a_reload_is_finished(edge):
    instance = edge().start()
    old = instance.workers()
    client, incoming, outgoing, peer = begin_handshake(instance)
    instance.reload()
    while True:
        try:
            client.do_handshake()
            break
        except ssl.SSLWantReadError:
            peer.send(outgoing.read())
            incoming.write(peer.socket.recv(65536))
    client.write(b"GET /page HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    peer.send(outgoing.read())
    incoming.write(peer.read_to_end())
    assert client.read(65536).startswith(b"HTTP/1.1 200 ")
    peer.close()
    wait_until(lambda: not set(old) & set(instance.workers()) and len(instance.keyholders()) == 1, instance.describe)


def server_random(instance):
    """Of a handshake that goes no further: 32 bytes, and the session id if the server chose one."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_tls(maximum_version=ssl.TLSVersion.TLSv1_2).wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with Peer(socket.create_connection(("127.0.0.1", instance.port("https")), 10)) as peer:
        peer.send(outgoing.read())
        head = peer.read(5 + 4 + 2 + 32)
        assert head[0] == 22 and head[5] == 2, head
        return head[11:]


def test_pitfall_18_no_random_number_comes_twice(edge):
    """Neither from two workers, nor from one and its successor, inside the sandbox, where chance comes from
    getrandom(2) alone. (test_keyholder.py makes ten thousand handshakes there.)"""
    instance = edge(workers=2).start()
    seen = []
    for _ in range(2):
        seen += [server_random(instance) for _ in range(100)]
        for worker in instance.workers():
            os.kill(worker, 9)
        wait_until(lambda: instance.log().count("serves in its place") == 2, instance.describe)
    assert len(set(seen)) == len(seen) == 200
    assert len({random[4:20] for random in seen}) == 200


def test_pitfall_21_nothing_waits_in_the_middle_of_a_signature():
    """No job of OpenSSL that could be suspended, and no bufferevent that would take that for an error."""
    symbols = subprocess.run(["objdump", "-T", binary().parent / "frontd-worker"], capture_output=True, text=True, check=True).stdout
    assert "SSL_do_handshake" in symbols or "SSL_accept" in symbols, "the control"
    assert not re.findall(r"\b(?:ASYNC_\w+|bufferevent_\w+|SSL_CTX_set_async\w*)", symbols)


def test_pitfall_22_a_file_that_shrinks_under_tls_ends_no_worker(edge, connect):
    instance = edge()
    path = instance.file("site/huge", b"")
    os.truncate(path, 1 << 28)
    instance.start()
    workers = instance.workers()
    client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority))
    client.send("GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n")
    client.read_until("\r\n\r\n")
    os.truncate(path, 4096)
    received = 0
    try:
        while piece := client.socket.recv(1 << 18):
            received += len(piece)
    except (ConnectionError, ssl.SSLError):
        pass
    assert received < 1 << 28
    get(connect, instance).close()
    assert instance.workers() == workers


def test_pitfall_24_the_environment_changes_nothing(edge, connect, monkeypatch):
    instance = edge()
    hostile = instance.file("openssl.cnf", "openssl_conf = x\n[x]\nssl_conf = y\nalg_section = z\n[y]\nsystem_default = d\n"
                            "[d]\nMinProtocol = TLSv1\nCipherString = NULL\nOptions = UnsafeLegacyRenegotiation\n[z]\nfips_mode = 1\n")
    monkeypatch.setenv("OPENSSL_CONF", str(hostile))
    monkeypatch.setenv("SSLKEYLOGFILE", str(instance.home / "keys.log"))
    monkeypatch.setenv("SSL_CERT_FILE", str(hostile))
    instance.start()
    monkeypatch.delenv("OPENSSL_CONF")  # is for frontd, not for this client
    monkeypatch.delenv("SSLKEYLOGFILE")
    monkeypatch.delenv("SSL_CERT_FILE")
    get(connect, instance).close()
    get(connect, instance, maximum_version=ssl.TLSVersion.TLSv1_2).close()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        context = client_tls(instance.certificates.authority, minimum_version=ssl.TLSVersion.TLSv1)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        connect(instance.port("https"), tls=context)
    assert not (instance.home / "keys.log").exists()
    for pid in (*instance.workers(), *instance.keyholders()):
        if os.geteuid() == 0:
            with open(f"/proc/{pid}/environ", "rb") as environment:
                assert b"OPENSSL" not in (words := environment.read()) and b"KEYLOG" not in words


def test_pitfall_27_a_reset_while_writing_ends_no_worker(edge, connect):
    instance = edge()
    os.truncate(instance.file("site/huge", b""), 1 << 28)
    instance.start()
    workers = instance.workers()
    for pause in (0, 0.01, 0.1, 0.3):
        client = connect(instance.port("https"), tls=client_tls(instance.certificates.authority))
        client.send("GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(pause)
        client.socket = socket.socket(fileno=client.socket.detach())  # no word of TLS
        client.reset()
    get(connect, instance).close()
    assert instance.workers() == workers and "died" not in instance.log()


def test_pitfall_29_a_certificate_that_expires_is_told(edge, connect):
    instance = edge()
    instance.values["cert"], instance.values["key"] = instance.certificates.make("short", starts=-30, ends=5 / 86400)
    instance.write_config(SITE)
    instance.start()
    get(connect, instance).close()
    instance.wait_for_log(r"warn.* certificate \S+/short.crt expires in 0 days: renew it")
    instance.wait_for_log(r"error.* certificate \S+/short.crt has expired: clients refuse it", timeout=20)
    with pytest.raises(ssl.SSLCertVerificationError):
        get(connect, instance)
    instance.certificates.make("short")  # in the same place
    instance.reload()
    get(connect, instance).close()
    mark = len(instance.log())
    time.sleep(1)
    assert "renew it" not in instance.log()[mark:]


MAIL = """
mail {
    access_log logs/mail.json;
    server {
        listen 127.0.0.1:@smtp@; server_name localhost; starttls on;
        ssl_certificate @cert@; ssl_certificate_key @key@;
        ssl_certificate @rsa@; ssl_certificate_key @rsakey@;
        proxy_pass 127.0.0.1:1;
    }
}
"""


def test_pitfall_37_on_port_25_either_kind_of_certificate_will_do(frontd_files, connect):
    """A sender that cannot shake hands sends in the clear: so both kinds of key, and a word when it fails."""
    instance = frontd_files("")
    instance.values["rsa"], instance.values["rsakey"] = instance.certificates.make("rsa", kind="rsa")
    instance.write_config(MAIL)
    instance.start()
    for ciphers in ("ECDHE+aRSA", "ECDHE+aECDSA"):
        context = client_tls(instance.certificates.authority, maximum_version=ssl.TLSVersion.TLSv1_2)
        context.set_ciphers(ciphers)
        client = connect(instance.port("smtp"))
        client.expect_reply(220)
        client.command("EHLO client.example", 250)
        client.smtp_starttls(context)
        client.command("EHLO client.example", 250)
        client.close()
    client = connect(instance.port("smtp"))
    client.expect_reply(220)
    client.command("EHLO client.example", 250)
    client.command("STARTTLS", 220)
    client.send(struct.pack(">BHH", 21, 0x0301, 2) + b"\2\x2f")  # an alert: our certificate is illegal
    client.read_to_end()
    instance.wait_for_log(r"TLS handshake failed")
