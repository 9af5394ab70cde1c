"""Real programs on both sides of frontd."""

import pytest
from support import servers


@pytest.fixture
def _servers():
    started = []
    yield started
    for server in started:
        server.close()


def _starts(kind, started):
    def start():
        started.append(kind())
        return started[-1].start()

    return start


@pytest.fixture
def radicale(_servers):
    return _starts(servers.Radicale, _servers)
