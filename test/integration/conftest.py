"""The actors of the integration tests. Ask for one by naming it as an argument of a test:

frontd(text, **values)      the real frontd, started with that configuration (support/frontd.py)
frontd_files(text, …)       the same directory and substitutions without starting it: for -t, -T, …
postfix                     a running private Postfix, one for all tests (support/postfix.py)
http_backend(answer, …)     an HTTP server that records exact bytes (support/backends.py)
smtp_backend(…)             an SMTP server that records and misbehaves as told
scripted_backend(script)    any server: script(peer) is called for each connection
fast_backend("http"|"smtp") a backend that answers everything, and quickly (support/load.py)
nginx(frontd)                Debian's nginx with that frontd's configuration (support/nginx.py)
load(kind, port, …)         load that counts what fails; ends with .finish() (support/load.py)
connect(port, …)            a client connection, closed at the end (support/wire.py)

Each is stopped after its test, and a test fails if frontd left a process, if a sanitizer said
anything, or if a backend's script failed. Without the factories' fixtures in between, the order of
the end is: clients, frontd, backends."""

import pytest
from support import backends, wire
from support.factory import starts
from support.frontd import Frontd
from support.load import FastBackend, Load
from support.nginx import Nginx
from support.postfix import Postfix


@pytest.fixture(scope="session")
def _running_postfix():
    instance = Postfix()
    yield instance
    instance.close()


@pytest.fixture
def postfix(_running_postfix):
    """Runs, with empty mailboxes, whatever the test before did to it."""
    if not _running_postfix.is_running():
        _running_postfix.start()
    _running_postfix.forget()
    return _running_postfix


@pytest.fixture
def _backends():
    started = []
    yield started
    for backend in started:
        backend.stop()
    problems = [error for backend in started for error in backend.errors]
    assert not problems, "a backend's script failed:\n" + "\n".join(problems)


@pytest.fixture
def http_backend(_backends):
    return starts(backends.HttpBackend, _backends)


@pytest.fixture
def smtp_backend(_backends):
    return starts(backends.SmtpBackend, _backends)


@pytest.fixture
def scripted_backend(_backends):
    return starts(backends.ScriptedBackend, _backends)


@pytest.fixture
def fast_backend(_backends):
    return starts(FastBackend, _backends)


@pytest.fixture
def frontd_files(_backends):
    """_backends is asked for so that frontd ends before they do."""
    made = []

    def make(text, **values):
        made.append(Frontd(text, values))
        return made[-1]

    yield make
    problems = []
    for instance in made:
        try:
            instance.stop()
        except AssertionError as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.fixture
def frontd(frontd_files):
    def start(text, **values):
        return frontd_files(text, **values).start()

    return start


@pytest.fixture
def load(frontd_files):
    """frontd_files is asked for so that the load ends before frontd does."""
    del frontd_files
    loads = []
    yield starts(Load, loads)
    for each in loads:
        each.close()


@pytest.fixture
def connect(frontd_files):
    """frontd_files is asked for so that the clients are gone before frontd ends."""
    del frontd_files
    peers = []

    def make(*arguments, **options):
        peers.append(wire.connect(*arguments, **options))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


@pytest.fixture
def nginx(frontd_files):
    """frontd_files is asked for so that nginx ends before the files go."""
    del frontd_files
    running = []

    def start(proxy):
        running.append(Nginx(proxy))
        return running[-1]

    yield start
    for each in running:
        each.stop()
