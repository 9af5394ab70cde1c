"""A client that sends what a row says and reads what comes, however it is framed."""

import dataclasses
import re
import ssl
import time

from cryptography import x509
from support import wire

TIMEOUT = 10.0


@dataclasses.dataclass
class Answer:
    """One response. `complete`: false if the connection ended within its body."""

    version: str
    status: int
    reason: str
    fields: list  # (name in lower case, value), as they came
    body: bytes = b""
    complete: bool = True

    def field(self, name):
        return next((value for key, value in self.fields if key == name), None)

    def set_field(self, name, value):
        self.fields = [(key, value if key == name else old) for key, old in self.fields]

    def drop(self, name):
        """Removes the fields of that name; whether there were any."""
        kept = [(key, value) for key, value in self.fields if key != name]
        changed = len(kept) != len(self.fields)
        self.fields = kept
        return changed


@dataclasses.dataclass
class Heard:
    """What came on one connection: interim (1xx) and final answers in their order, and how it ended:
    "kept", "closed", "silence" (no answer, and no end either), "no handshake", or the bytes that nothing explains. An
    answer without a status line has the version "0.9"."""

    answers: list
    end: str
    certificate: str = ""  # whose the server has shown


def converse(case, host, port):
    """Sends the row's bytes to host:port and returns what was Heard."""
    peer = wire.connect(port, host=host, source=case.source, timeout=TIMEOUT)
    with peer:
        if case.tls and not _start_tls(peer, "a.test" if case.tls is True else case.tls):
            return Heard([], "no handshake")
        _send(peer, case.pieces)
        certificate = _name_in(peer.certificate) if case.tls else ""
        return dataclasses.replace(_listen(peer, case.methods), certificate=certificate)


def _start_tls(peer, name):
    try:
        peer.start_tls(wire.client_tls(), name)
        return True
    except ssl.SSLError:
        return False


def _name_in(certificate):
    return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()


def _send(peer, pieces):
    for piece in pieces:
        if isinstance(piece, bytes):
            try:
                peer.send(piece)
            except OSError:
                return  # it has answered and closed: the answer is still to be read
        else:
            time.sleep(piece)


def _listen(peer, methods):
    answers = []
    left = list(methods)
    try:
        while left:
            if not peer.input and not _more(peer):
                return Heard(answers, "closed")
            answers.append(_answer(peer, left[0]))
            if answers[-1].status >= 200 or answers[-1].status == 101:
                left.pop(0)
            if not answers[-1].complete or (answers[-1].status >= 200 and _says_close(answers[-1])):
                return Heard(answers, _end(peer))
    except AssertionError as problem:
        if "nothing for" not in str(problem):
            raise
        return Heard(answers, "silence")
    return Heard(answers, "kept")


def _more(peer):
    try:
        return peer._receive()  # pylint: disable=protected-access
    except ConnectionError:
        return False


def _end(peer):
    while _more(peer):
        pass
    return "closed" if not peer.input else repr(peer.input)


def _says_close(answer):
    return "close" in (answer.field("connection") or "").lower()


def _answer(peer, method):
    while len(peer.input) < 5 and _more(peer):
        pass
    if not peer.input.startswith(b"HTTP/"):
        return Answer("0.9", 200, "", [], peer.read_to_end())
    head = peer.read_until(b"\r\n\r\n")[:-4].decode("latin-1").split("\r\n")
    match = re.fullmatch(r"HTTP/(1\.[01]) ([0-9]{3})(?: (.*))?", head[0])
    assert match, f"not a status line: {head[0]!r}"
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in head[1:])]
    answer = Answer(match[1], int(match[2]), match[3] or "", fields)
    _read_body(peer, method, answer)
    return answer


def _read_body(peer, method, answer):
    if method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
        return
    try:
        if answer.field("transfer-encoding") == "chunked":
            answer.body = peer.read_chunked()
        elif answer.field("content-length") is not None:
            answer.body = peer.read(int(answer.field("content-length")))
        else:
            answer.body = peer.read_to_end()
    except (ConnectionError, AssertionError) as problem:
        if "nothing for" in str(problem):
            raise
        answer.complete = False
        peer.input = b""  # how much of it came before is chance
