"""autoindex, in its formats."""

import os

from differential.cases import get, head

CONFIG = """
http {
    types { text/html html; }
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        autoindex on;
        location / { }
        location /off/ { autoindex off; }
        location /rounded/ { autoindex_exact_size off; }
        location /local/ { autoindex_localtime on; }
        location /json/ { autoindex_format json; }
        location /xml/ { autoindex_format xml; }
        location /jsonp/ { autoindex_format jsonp; }
        location /utf8/ { charset utf-8; }
        location /latin/ { charset iso-8859-1; }
        location /utf8-variable/ { set $in UTF-8; charset $in; alias @site@/utf8/; }
        location /alias/ { alias @site@/list/; }
    }
}
"""

_NAMES = {"a.txt": "a", "b.html": "b" * 2000, "with blank": "x", "per%cent": "x", "quo\"te'<&>": "x", "que?ry#x": "x",
          "\u00e4\u00f6.txt": "x", "colon:x": "x",
          "x" * 49: "x", "y" * 50: "x", "z" * 51: "x", "z" * 60 + ".txt": "x", "big": "x" * 1_500_000,
          "kilo": "x" * 1024, "ten": "x" * 10240, "folder/x": "x", "Folder/x": "x",
          "UPPER": "u", "semi;colon": "x", "plus+": "x", "under_score": "x", "empty": "", "folder of blanks/x": "x",
          "\u00e4folder/x": "x"}

FILES = {f"{place}/{name}": content for place in ("list", "rounded", "local", "json", "xml", "jsonp", "off")
         for name, content in _NAMES.items()}
_LETTERS = ("\u00e9", "\u20ac", "\U0001f600", "&\u00e9", "\udcff\u00e9", "\u00e9\udced\udca0\udc80", "\udcc3", "\udcf4\udc90\udc80\udc80")
FILES.update({f"{place}/{letter * times}{more}": "x" for place in ("utf8", "latin") for letter in _LETTERS
              for times in (1, 12, 24, 49, 50, 51, 60) for more in ("", "a", "<") if len(os.fsencode(letter)) * times < 250})
FILES.update({f"utf8/{chr(233) * times}-folder/x": "x" for times in (1, 42, 43, 44)})
FILES.update({"empty-folder": None, "indexed/index.html": "index\n", "links/file": "x", "links/to": ("to", "file"),
              "links/folder": ("to", "../list"), "links/broken": ("to", "nowhere"),
              "sorted/10": "x", "sorted/9": "x", "sorted/B": "x", "sorted/a": "x", "sorted/z/x": "x"})

DIFFERS = ("name", "connection kept", "length known")

CASES = [
    *(get(path) for path in ("/", "/list/", "/list", "/off/", "/rounded/", "/local/", "/json/", "/xml/",
                             "/jsonp/?callback=f", "/jsonp/", "/jsonp/?callback=f;x",
                             "/alias/", "/empty-folder/", "/indexed/", "/links/", "/none/",
                             "/list/folder/", "/list/a.txt", "/sorted/", "/utf8/", "/latin/", "/utf8-variable/", "/json/folder/",
                             "/list/folder%20of%20blanks/", "/list/?C=N;O=D")),
    head("/list/"),
    get("/list/", version="1.0"),
    get("/list/", "Range: bytes=0-9"),
    get("/list/", "Accept-Encoding: gzip"),
]
