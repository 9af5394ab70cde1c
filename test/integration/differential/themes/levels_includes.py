"""ssi of the http block."""

from differential.cases import get

CONFIG = """
http {
    root @site@;
    types { text/html html; text/css css; text/xml xml; }
    default_type text/plain;
    ssi on;
    ssi_types text/xml;
    ssi_silent_errors on;
    ssi_last_modified on;
    server { listen @http@; server_name a.test; location /off/ { ssi off; } }
    server { listen @http@; server_name own.test; ssi_types *; ssi_silent_errors off; ssi_last_modified off; }
    server { listen @http@; server_name off.test; ssi off; location /on/ { ssi on; } }
}
"""

_PAGE = 'a <!--#include virtual="/part" --> <!--#mistake --> z\n'

FILES = {"part": "[part]", **{f"{place}i.{kind}": _PAGE for place in ("", "off/", "on/")
                              for kind in ("html", "css", "xml")}}

DIFFERS = ("name", "connection kept")

CASES = [get(f"/{place}i.{kind}", host=host) for host in ("a.test", "own.test", "off.test")
         for place in ("", "off/", "on/") for kind in ("html", "css", "xml")]
