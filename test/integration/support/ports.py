"""Free ports, below the range the kernel takes for outgoing connections."""

import os
import random
import socket

_FIRST, _LAST = 10000, 30000
_random = random.Random(os.getpid())
_given = set()

# Tests that run side by side choose from shares of their own: a port is free until the program it is for
# has started.
_SHARES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_SHARE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_port():
    """A port that nobody has on any loopback address, and that no other call was given lately."""
    if len(_given) > (_LAST - _FIRST) // _SHARES // 2:
        _given.clear()
    while True:
        port = _random.randrange(_FIRST + _SHARE, _LAST, _SHARES)
        if port not in _given and is_free_port(port):
            _given.add(port)
            return port


def is_free_port(port):
    """Whether nobody has this port on any loopback address."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def listening_ports():
    """Every TCP port that somebody listens on; asked of the kernel, so that nobody is connected to."""
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(table, encoding="ascii") as lines:
            next(lines)
            for line in lines:
                fields = line.split()
                if fields[3] == "0A":
                    ports.add(int(fields[1].rpartition(":")[2], 16))
    return ports
