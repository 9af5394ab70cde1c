"""What http and server blocks say of packing and including holds inside, unless said again."""

from differential.cases import get, head

TEXT = "a line that packs well, and once more: a line that packs well\n" * 30

CONFIG = """
http {
    root @site@;
    types { text/html html; text/css css; text/xml xml; }
    default_type text/plain;
    gzip on;
    gzip_comp_level 3;
    gzip_min_length 50;
    gzip_types text/css text/plain;
    gzip_vary on;
    gzip_proxied any;
    gzip_http_version 1.0;
    gzip_disable "Old";
    gzip_static on;
    server {
        listen @http@;
        server_name a.test;
        location /off/ { gzip off; gzip_static off; }
        location /own/ { gzip_types text/xml; gzip_min_length 3k; gzip_vary off; gzip_disable "New"; gzip_http_version 1.1; }
        location /if/ { gzip off; if ($arg_on) { gzip on; } }
        location /deep/ { gzip off; location /deep/er/ { gzip on; gzip_proxied off; } }
    }
    server {
        listen @http@;
        server_name own.test;
        gzip on;
        gzip_comp_level 9;
        gzip_min_length 0;
        gzip_types *;
        gzip_vary off;
        gzip_proxied off;
        gzip_http_version 1.1;
        gzip_disable "New" "Newer";
        gzip_static always;
    }
    server {
        listen @http@;
        server_name includes.test;
        gzip off;
        gzip_static off;
        ssi on;
        ssi_types text/css;
        ssi_silent_errors on;
        ssi_last_modified on;
        location /off/ { ssi off; }
        location /own/ { ssi_types text/xml; ssi_silent_errors off; ssi_last_modified off; }
        location /if/ { ssi off; if ($arg_on) { ssi on; } }
    }
}
"""

_PLACES = ("", "off/", "own/", "if/", "deep/", "deep/er/")
_PAGE = 'a <!--#echo var="arg_x" default="none" --> <!--#mistake --> z\n'

FILES = {
    **{f"{place}{name}": TEXT for place in _PLACES for name in ("page.html", "x.css", "x.xml", "plain")},
    **{f"{place}small.html": "y" * 40 for place in _PLACES},
    **{f"{place}i.{kind}": _PAGE for place in _PLACES for kind in ("html", "css", "xml")},
    "ready.css": "ready\n", "ready.css.gz": "not really packed\n", "off/ready.css": "ready\n",
    "off/ready.css.gz": "not really packed\n",
}

DIFFERS = ("name", "connection kept", "Vary")

_GZIP = "Accept-Encoding: gzip"

CASES = [
    *(get(f"/{place}{name}", _GZIP, host=host) for host in ("a.test", "own.test") for place in _PLACES
      for name in ("page.html", "x.css", "x.xml", "plain", "small.html") if host == "a.test" or not place),
    *(get("/page.html", _GZIP, field, host=host) for host in ("a.test", "own.test")
      for field in ("User-Agent: Old one", "User-Agent: New one", "Via: 1.1 proxy")),
    *(get(path, _GZIP, version="1.0", host=host) for host in ("a.test", "own.test")
      for path in ("/page.html", "/own/page.html")),
    get("/own/page.html", _GZIP, "User-Agent: New one"),
    get("/deep/er/page.html", _GZIP, "Via: 1.1 proxy"),
    get("/if/page.html?on=1", _GZIP),
    get("/page.html"),
    head("/page.html", _GZIP),
    *(get(f"/{place}i.{kind}?x=1", host="includes.test") for place in ("", "off/", "own/")
      for kind in ("html", "css", "xml")),
    get("/if/i.html?x=1", host="includes.test"),
    get("/if/i.html?on=1&x=2", host="includes.test"),
]
