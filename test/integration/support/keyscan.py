"""Looks for private keys in the memory of processes, as root: 16-byte windows of every part of the key,
in both byte orders (OpenSSL keeps numbers as little-endian limbs), of the DER and of the PEM."""

import base64
import ctypes
import hashlib
import os
import socket

from cryptography.hazmat.primitives import serialization

WINDOW = 16
PAGE = 4096
CHUNK = 1024 * PAGE
LARGEST = 1 << 30  # a sanitizer's shadow is larger, and mostly not there


def windows_of_key(path):
    """window → what it is part of."""
    with open(path, "rb") as file:
        pem = file.read()
    key = serialization.load_pem_private_key(pem, None)
    numbers = key.private_numbers()
    parts = {"PEM": pem.split(b"-----")[2].strip()}
    parts["DER"] = base64.b64decode(parts["PEM"])
    if hasattr(numbers, "private_value"):
        parts["d"] = numbers.private_value.to_bytes((key.curve.key_size + 7) // 8, "big")
    else:
        for name, value in (("d", numbers.d), ("p", numbers.p), ("q", numbers.q),
                            ("dp", numbers.dmp1), ("dq", numbers.dmq1), ("qinv", numbers.iqmp)):
            parts[name] = value.to_bytes((value.bit_length() + 7) // 8, "big")
    public = _public_bytes(key)
    found = {}
    for name, part in parts.items():
        for order, text in (("", part), (" reversed", part[::-1])):
            for at in [*range(0, len(text) - WINDOW, WINDOW), len(text) - WINDOW]:
                window = text[at : at + WINDOW]
                # the head of a key's DER says only what kind it is, and its tail is the public key
                if window not in public and len(set(window)) > 8 and not (name in ("DER", "PEM") and at < 64):
                    found[window] = name + order
    return found


def _public_bytes(key):
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    texts = b""
    for shift in range(3):  # base64 of the same bytes at each phase
        texts += base64.b64encode(der[shift:])
    return der + der[::-1] + texts + texts[::-1]


def scan(pid, windows, searched=None):
    """(the parts found in readable mappings of the process, the names of mappings that cannot be read).
    Several scans for the same windows may share a dict `searched`: a text that another process had, or
    had before, is not searched again."""
    found, unreadable = set(), set()
    searched = {} if searched is None else searched
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            place, rights, _, _, _, *name = line.split(maxsplit=5)
            start, end = (int(number, 16) for number in place.split("-"))
            if rights[0] != "r" or end - start > LARGEST:
                continue
            try:
                memory.seek(start)
                text = _read(memory, end - start)
            except (OSError, ValueError, OverflowError):
                unreadable.add(name[0].strip() if name else "")
                continue
            digest = hashlib.sha256(text).digest()
            if digest not in searched:
                searched[digest] = {part for window, part in windows.items() if window in text}
            found |= searched[digest]
    return found, unreadable


def _read(memory, size):
    """All that there is: a mapping may be longer than its file. Of each page that is one byte again and
    again, as a sanitizer's shadow memory mostly is, only a window: there is no key in it."""
    parts, left = [], size
    while left > 0:
        more = memory.read(min(left, CHUNK))
        if not more:
            break
        left -= len(more)
        parts += [more] if len(more) < PAGE else _without_empty_pages(more)
    return b"".join(parts)


def _without_empty_pages(text):
    for at in range(0, len(text), PAGE):
        page = text[at : at + PAGE]
        yield page[:WINDOW] if page == page[:1] * PAGE else page


def places(pid, windows):
    """The mappings, as their lines in maps, in which any of the windows is found."""
    found = []
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            start, end = (int(number, 16) for number in line.split()[0].split("-"))
            if line.split()[1][0] != "r" or end - start > LARGEST:
                continue
            try:
                memory.seek(start)
                text = _read(memory, end - start)
            except (OSError, ValueError, OverflowError):
                continue
            if any(window in text for window in windows):
                found.append(line.strip())
    return found


def steal_socket(pid, number):
    """A copy of another process's socket, as only root can make one (pidfd_getfd(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    fd = libc.syscall(438, pidfd, number, 0)
    os.close(pidfd)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return socket.socket(fileno=fd)
