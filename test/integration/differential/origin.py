"""The backend of the themes: records what it was sent, byte by byte, and answers as the theme says."""

import re
import time

from support.backends import Server, ok

DEFAULT = ok(b"hello", "Content-Type: text/plain")


class Seen:
    """One request as it came. `raw`: all its bytes; `body`: without chunks."""

    def __init__(self, head):
        self.raw = head
        line, *lines = head[:-4].decode("latin-1").split("\r\n")
        self.method, _, rest = line.partition(" ")
        self.target, _, self.version = rest.rpartition(" ")
        self.fields = [(name.lower(), value.strip()) for name, _, value in (each.partition(":") for each in lines)]
        self.body = b""

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


class Origin(Server):
    """`answers`: regular expression on the target → what is sent: bytes, a list of bytes and pauses,
    a function of the Seen that returns either, or None to close without a word. What has no length
    ends with the connection."""

    def __init__(self, answers=None, **options):
        self._answers = dict(answers or {})
        self._seen = []
        super().__init__(**options)

    def take(self):
        """What came since the last call."""
        taken, self._seen = self._seen, []
        return taken

    def serve(self, peer):
        while peer.input or peer._receive():  # pylint: disable=protected-access
            seen = self._read(peer)
            self._seen.append(seen)
            answer = self._answer(seen)
            if answer is None:
                return
            for piece in answer if isinstance(answer, list) else [answer]:
                if isinstance(piece, bytes):
                    peer.send(piece)
                else:
                    time.sleep(piece)
            if "close" in (seen.field("connection") or "") or not _has_length(answer):
                return

    def _answer(self, seen):
        for pattern, answer in self._answers.items():
            if re.search(pattern, seen.target):
                return answer(seen) if callable(answer) else answer
        return DEFAULT

    @staticmethod
    def _read(peer):
        seen = Seen(peer.read_until(b"\r\n\r\n"))
        if seen.field("transfer-encoding") is not None:
            while True:
                line = peer.read_until(b"\r\n")
                size = int(line.split(b";")[0], 16)
                data = peer.read(size + 2)
                seen.raw += line + data
                seen.body += data[:-2]
                if size == 0:
                    return seen
        seen.body = peer.read(int(seen.field("content-length") or 0))
        seen.raw += seen.body
        return seen


def _has_length(answer):
    first = answer if isinstance(answer, bytes) else next(p for p in answer if isinstance(p, bytes))
    head = first.partition(b"\r\n\r\n")[0].lower()
    return b"\r\ncontent-length:" in head or b"\r\ntransfer-encoding:" in head or b" 204 " in head or b" 304 " in head


def chunked_answer(*pieces, fields=(), status="200 OK"):
    """A response in these chunks."""
    head = "\r\n".join([f"HTTP/1.1 {status}", "Transfer-Encoding: chunked", *fields]).encode("latin-1")
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return head + b"\r\n\r\n" + chunks + b"0\r\n\r\n"


def until_end(body, *fields, status="200 OK"):
    """A response that ends with the connection."""
    return "\r\n".join([f"HTTP/1.1 {status}", *fields]).encode("latin-1") + b"\r\n\r\n" + body
