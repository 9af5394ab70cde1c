"""Ten thousand connections of each kind leave nothing behind in the worker."""

import pytest
from support.frontd import is_sanitized
from support.processes import memory_kib, open_files
from support.site import Site
from support.wait import wait_until

CONNECTIONS = 1000 if is_sanitized() else 10000  # with a sanitizer it is its leak check that counts
GROWTH_KIB = 512  # what a heap's fragmentation may be; a leak of 64 bytes a connection is more

KINDS = {
    "plain HTTP": ("http", "plain", "--close", "--path", "/page"),
    "proxied HTTP": ("http", "plain", "--close", "--path", "/proxied"),
    "HTTPS": ("http", "tls", "--tls", "--close", "--path", "/page"),
    "resumed HTTPS": ("http", "tls", "--tls", "--close", "--resume", "--path", "/page"),
    "SMTP": ("smtp", "smtp", "--size", "2000"),
    "SMTP with STARTTLS": ("smtp", "smtp", "--starttls", "--size", "2000"),
}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_ten_thousand_connections_leave_nothing_behind(kind, frontd_files, fast_backend, load):
    site = Site(frontd_files, fast_backend)
    (worker,) = site.frontd.workers()
    name, port, *words = kind

    def run(count):
        result = load(name, site.port(port), *words, "--units", str(count)).wait()
        assert (result["done"], result["failed"]) == (count, 0), result
        return memory_kib([worker], "Pss_Anon")

    descriptors = open_files(worker)
    before = run(CONNECTIONS // 4)
    after = run(CONNECTIONS)
    if not is_sanitized():
        assert after - before < GROWTH_KIB, f"{before} KiB became {after} KiB"
    # connections to the backend are kept
    wait_until(lambda: open_files(worker) <= descriptors + 32, "descriptors are closed")
