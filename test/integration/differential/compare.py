"""Two exchanges side by side: what nginx and frontd did with the same bytes."""

import dataclasses
import email.utils
import gzip
import re
import time

from .client import Heard


@dataclasses.dataclass
class Exchange:
    """One row with one server: what the client heard, and the requests that the backends saw."""

    heard: Heard
    seen: dict  # name of the backend → [Seen]

    @property
    def answer(self):
        """The first final answer; None if there was none."""
        return next((a for a in self.heard.answers if a.status >= 200), None)

    def requests(self):
        """All that the backends saw."""
        return [seen for requests in self.seen.values() for seen in requests]

    def describe(self):
        """As text, one fact a line, in an order that does not depend on the server."""
        lines = [f"certificate of {self.heard.certificate}"] if self.heard.certificate else []
        for answer in self.heard.answers:
            lines.append(f"HTTP/{answer.version} {answer.status} {answer.reason}")
            lines += [f"    {name}: {value}" for name, value in _sorted(answer.fields)]
            lines += [f"    | {part!r}" for part in re.split(rb"(?<=\n)", answer.body) if part]
            if not answer.complete:
                lines.append("    and breaks off")
        lines.append(f"then {self.heard.end}")
        for name, requests in self.seen.items():
            for seen in requests:
                lines.append(f"{name} saw {seen.method} {seen.target} {seen.version}")
                lines += [f"    {key}: {value}" for key, value in _sorted(seen.fields)]
                if seen.body:
                    lines.append(f"    | {seen.body!r}")
        return lines


def make_comparable(exchange, now):
    """Replaces what has to differ from second to second by what has to be true of it."""
    for answer in exchange.heard.answers:
        date = answer.field("date")
        if date is not None:
            assert abs(_seconds(date) - now) < 120, f"Date is {date}"
            answer.set_field("date", "now")
        if answer.field("expires") is not None:
            answer.set_field("expires", _relative(answer.field("expires"), now))
        if answer.field("content-encoding") == "gzip" and answer.body:
            answer.body = b"(packed) " + gzip.decompress(answer.body)
        boundary = re.fullmatch(r"multipart/byteranges; boundary=([0-9A-Za-z]+)", answer.field("content-type") or "")
        if boundary:
            answer.body = answer.body.replace(boundary[1].encode(), b"BOUNDARY")
            answer.set_field("content-type", "multipart/byteranges; boundary=BOUNDARY")
            assert len(boundary[1]) == 20, "as long as nginx's, or the lengths differ"


def _sorted(fields):
    """By name; several of one name stay in their order."""
    return sorted(fields, key=lambda field: field[0])


def _seconds(text):
    moment = email.utils.parsedate_to_datetime(text).timestamp()
    assert email.utils.formatdate(moment, usegmt=True) == text, f"not as RFC 9110 5.6.7 writes a date: {text}"
    return moment


def _relative(text, now):
    """A date near now, to the minute and with its distance; others as they are."""
    try:
        distance = _seconds(text) - now
    except (ValueError, TypeError, AssertionError):
        return text
    if abs(distance) > 400 * 86400:
        return text
    return f"now{round(distance / 60):+d} min"


def clock():
    return time.time()
