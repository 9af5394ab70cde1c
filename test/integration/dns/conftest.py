"""frontd in a mount namespace whose /etc/resolv.conf names a server that says what the test tells it.

names               the server: names.set("a.test", "A", "127.0.0.1"), names.fail("a.test"), …
frontd_with_names   like frontd_files, asking that server"""

import os
import shutil
import socketserver
import subprocess
import threading

import pytest
from dnslib import QTYPE, RCODE, RR, DNSRecord
from support.frontd import Frontd

# Port 53, as resolv.conf knows no other; so an address for each of the processes that run tests.
ADDRESS = f"127.53.0.{1 + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:])}"

# $1 takes the place of $2 for the rest of the command line; the pid stays.
IN_NAMESPACE = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'


def _may_unshare():
    words = ["unshare", "--mount", "--propagation", "private", "mount", "--bind", "/dev/null", "/etc/resolv.conf"]
    return os.geteuid() == 0 and subprocess.run(words, check=False, capture_output=True).returncode == 0


class Names:
    """A DNS server. A name that was not set does not exist."""

    address = ADDRESS

    def __init__(self):
        self._records = {}
        self._broken = set()
        self.asked = []  # (name, type)
        self._server = socketserver.ThreadingUDPServer((ADDRESS, 53), None)
        self._server.daemon_threads = True
        self._server.finish_request = self._answer
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    def set(self, name, kind, *data, ttl=1):
        """In zone file notation; without data the name exists but has nothing."""
        zone = "".join(f"{name}. {ttl} IN {kind} {item}\n" for item in data)
        self._records[name.lower(), kind] = RR.fromZone(zone)
        self._broken.discard(name.lower())

    def set_reverse(self, address, name):
        self.set(reverse_name(address), "PTR", name + ".")

    def replace_target(self, address, label):
        """For names that zone file notation cannot write."""
        self._records[reverse_name(address), "PTR"][0].rdata.label = label

    def fail(self, name):
        """SERVFAIL."""
        self._broken.add(name.lower())

    def _answer(self, request, client):
        data, sock = request
        question = DNSRecord.parse(data)
        name, kind = str(question.q.qname).rstrip(".").lower(), QTYPE[question.q.qtype]
        self.asked.append((name, kind))
        reply = question.reply()
        if name in self._broken:
            reply.header.rcode = RCODE.SERVFAIL
        elif not any(known == name for known, _ in self._records):
            reply.header.rcode = RCODE.NXDOMAIN
        for record in self._records.get((name, kind), []):
            reply.add_answer(record)
        sock.sendto(reply.pack(), client)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def reverse_name(address):
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


class FrontdWithNames(Frontd):
    def __init__(self, text, values=None):
        super().__init__(text, values)
        self.resolv_conf = self.file("resolv.conf", f"nameserver {ADDRESS}\noptions ndots:1\n")
        self.etc = None

    def own_etc(self):
        """Gives it an /etc whose files the test may replace; returns where that is."""
        self.etc = self.home / "etc"
        self.etc.mkdir()
        for name in ("passwd", "group", "nsswitch.conf"):
            shutil.copy(f"/etc/{name}", self.etc)
        shutil.copy(self.resolv_conf, self.etc)
        return self.etc

    def _words(self, *arguments):
        mounts = [str(self.resolv_conf), "/etc/resolv.conf"] if self.etc is None else [str(self.etc), "/etc"]
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", IN_NAMESPACE, "sh", *mounts,
                *super()._words(*arguments)]


@pytest.fixture
def names():
    if not _may_unshare():
        pytest.skip("needs to be root and to have mount namespaces")
    server = Names()
    yield server
    server.stop()


@pytest.fixture
def frontd_with_names(names, _backends):
    """_backends is asked for so that frontd ends before they do."""
    del names
    made = []

    def make(text, **values):
        made.append(FrontdWithNames(text, values))
        return made[-1]

    yield make
    for instance in made:
        instance.stop()
