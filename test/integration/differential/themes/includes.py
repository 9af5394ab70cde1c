"""SSI: pages that are put together."""

from differential.cases import get, head, post
from differential.origin import chunked_answer, ok

CONFIG = """
http {
    types { text/html html; text/css css; application/x-ssi shtml; }
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@;
        ssi on;
        add_header X-Main main;
        location / { }
        location /off/ { ssi off; }
        location /types/ { ssi_types application/x-ssi text/plain; }
        location /silent/ { ssi_silent_errors on; }
        location /modified/ { ssi_last_modified on; }
        location /text { return 200 "text $uri $args"; }
        location /internal/ { internal; }
        location /secret/ { deny all; }
        location /proxied/ { proxy_pass http://@backend@; }
        location /gone/ { proxy_pass http://@dead@; }
        location /page-of-backend { proxy_pass http://@backend@; }
        location /expires/ { expires 1h; }
        location /variables { return 200 "$request_uri $uri $request_method $args $document_uri"; }
        location /rewritten { rewrite ^ /part.txt last; }
        location /replaced/ { error_page 404 =200 /part.txt; error_page 403 = /says?$status; deny all; allow all; }
        location /replaced/none { error_page 404 =200 /part.txt; }
        location /replaced/named { error_page 404 = @named; return 404; }
        location /replaced/403 { error_page 403 = /says?x; return 403; }
        location /replaced/502 { error_page 502 =200 /part.txt; proxy_pass http://@dead@; }
        location /replaced/taken { proxy_intercept_errors on; error_page 418 =200 /part.txt; proxy_pass http://@backend@; }
        location /replaced/page { error_page 404 =200 /part.html; return 404; }
        location /replaced/chain { recursive_error_pages on; error_page 404 =200 /replaced/403; return 404; }
        location /replaced/kept { error_page 404 /part.txt; return 404; }
        location /replaced/away { error_page 404 http://elsewhere.test/; return 404; }
        location /says { return 200 "says $uri $args"; }
        location @named { return 200 "named $uri"; }
    }
}
"""


def page(*commands):
    """Something before, between and after them."""
    return "<p>\n" + "\n-\n".join(f"<!--#{command} -->" for command in commands) + "\n</p>\n"


FILES = {
    "part.txt": "[part]", "part.html": '[html <!--#include virtual="/part.txt" -->]', "dir/part.txt": "[dir part]",
    "empty.txt": "",
    "plain.html": "no commands\n", "plain.txt": page('include virtual="/part.txt"'),
    "one.html": page('include virtual="/part.txt"'),
    "several.html": page(*(f'include virtual="/text?{n}"' for n in range(5)), 'include virtual="/proxied/slow"',
                         'include virtual="/part.txt"'),
    "nested.html": page('include virtual="/part.html"'),
    "dir/file.html": page('include file="part.txt"'),
    "dir/relative.html": page('include virtual="part.txt"'),
    "file-up.html": page('include file="../part.txt"'),
    "internal.html": page('include virtual="/internal/x"'),
    "internal/x": "internal file",
    "backend.html": page('include virtual="/proxied/x?a=b&c"'),
    "backend-chunked.html": page('include virtual="/proxied/chunked"'),
    "backend-big.html": page('include virtual="/proxied/big"'),
    "blank.html": "<!--# include virtual=\"/part.txt\" --> <!--#  include   virtual='/part.txt'  --> <!-- #include virtual=\"/part.txt\" -->\n",
    "echo.html": page('echo var="arg_a"', 'echo var="none"', 'echo var="none" default="given"', 'echo var="uri"',
                      'echo var="http_user_agent"',
                      'echo encoding="none" var="http_user_agent"', 'echo encoding="url" var="http_user_agent"',
                      'echo var="http_user_agent" encoding="none"'),
    "args.html": page('include virtual="/text?x=$arg_a"', 'include virtual="/text?${arg_a}y"'),
    "rewritten.html": page('include virtual="/rewritten"'),
    "vars.html": page('include virtual="/variables?x"'),
    "head-tag.html": "<!--#", "open.html": 'a <!--#include virtual="/part.txt" ',
    "comment.html": "<!-- plain --> <!-> <!--x--> <!--# -->\n",
    "off/one.html": page('include virtual="/part.txt"'), "types/x.shtml": page('include virtual="/part.txt"'),
    "types/x.css": page('include virtual="/part.txt"'),
    "types/x": page('include virtual="/part.txt"'), "types/x.html": page('include virtual="/part.txt"'),
    "modified/one.html": page('include virtual="/part.txt"'),
    "expires/one.html": page('include virtual="/part.txt"'),
    "quote.html": page('include virtual=/part.txt'), "wait.html": page('include virtual="/part.txt" wait="yes"'),
    "many.html": page(*['include virtual="/part.txt"'] * 40),
    "large.html": "x" * 100_000 + page('include virtual="/part.txt"') + "y" * 100_000,
    "split.html": "z" * 32760 + '<!--#include virtual="/part.txt" -->' + "z" * 10,
    **{f"replaced-{name}.html": page(f'include virtual="/replaced/{name}?q"')
       for name in ("none", "named", "403", "502", "taken", "page", "chain", "kept", "away")},
    "block.html": page('block name="one"') + "[stub]" + page("endblock") + page('include virtual="/empty.txt" stub="one"'),
    "block-shown.html": '<!--#block name="one"-->[stub <!--#echo var="arg_x" default="none" --> and '
                        '<!--#include virtual="/part.txt"-->]<!--#endblock-->b'
                        '<!--#include virtual="/part.txt" stub="one" -->c<!--#include virtual="/none" stub="one"-->d'
                        '<!--#include virtual="/gone/x" stub="one"-->e\n',
    "block-two.html": '<!--#block name="one"-->1<!--#endblock--><!--#block name="two"-->2<!--#endblock-->'
                      '<!--#include virtual="/empty.txt" stub="two"--><!--#include virtual="/empty.txt" stub="one"-->\n',
    "block-unknown.html": 'a<!--#include virtual="/empty.txt" stub="nowhere"-->b<!--#include virtual="/part.txt" stub="nowhere"-->c\n',
    "block-empty.html": 'a<!--#block name="one"--><!--#endblock--><!--#include virtual="/empty.txt" stub="one"-->b\n',
    "block-open.html": 'a<!--#block name="one"-->swallowed <!--#include virtual="/part.txt"-->\n',
    "block-nameless.html": 'a<!--#block-->b<!--#endblock-->c<!--#block wrong="x"-->d<!--#endblock-->e<!--#endblock-->f\n',
    "block-same.html": '<!--#block name="one"-->first<!--#endblock--><!--#block name="one"-->second<!--#endblock-->'
                       '<!--#include virtual="/empty.txt" stub="one"-->\n',
    "block-if.html": '<!--#if expr="$arg_x"--><!--#block name="one"-->if<!--#endblock--><!--#else--><!--#block name="one"-->'
                     'else<!--#endblock--><!--#endif--><!--#include virtual="/empty.txt" stub="one"-->\n',
    "set-include.html": '<!--#include virtual="/part.txt" set="x"-->a<!--#echo var="x" encoding="none"-->b'
                        '<!--#include virtual="/text?$x" -->c<!--#if expr="$x = [part]"-->same<!--#endif-->\n',
    "set-again.html": '<!--#set var="x" value="1"--><!--#set var="x" value="${x}2"--><!--#echo var="x"-->'
                      '<!--#set var="x" value="\\$x"--><!--#echo var="x"--><!--#set var="X" value="up"--><!--#echo var="x"-->\n',
    "wait-several.html": page(*(f'include virtual="/{what}?{n}" wait="{wait}"' for n, (what, wait) in
                                enumerate((("text", "yes"), ("proxied/slow", "no"), ("text", "yes"), ("text", ""))))),
    "config.html": '<!--#config errmsg="<oops>"--><!--#mistake--><!--#config timefmt="%Y at"--><!--#echo var="date_gmt"-->'
                   '<!--#config timefmt="%s"--><!--#if expr="$date_local = /^[0-9]+$/"-->seconds<!--#endif-->'
                   '<!--#config wrong="x"--><!--#config-->\n',
    "if.html": "".join(f'<!--#if expr="{condition}"-->yes<!--#elif expr="$arg_y"-->elif<!--#else-->no<!--#endif--> '
                       for condition in ("$arg_x", "$arg_x = 1", "$arg_x != 1", "$arg_x = /^[0-9]$/", "$arg_x != /1/", "$arg_x = /^[0-9]\\\\$/",
                                         "$arg_x = /[\\\\d]/", "$arg_x = /$arg_y/", "$arg_x = \\\\/", "$arg_x = /1", "$ARG_X",
                                         "$arg_x = /(/", "$arg_x = 1 ", "$arg_x", "$arg_x ", "$arg_x 1", "$arg_x =! 1", "${arg_x}z = 1z",
                                         "$arg_x = '1'", "1", "", "$none", "0", "$arg_x=1", " $arg_x  =  1 ",
                                         "$arg_x = $arg_y", "a = a", "$arg_x = /(?P<q>.)(.)/", "=", "= 1", "$arg_x =")),
    "if-captures.html": '<!--#if expr="$arg_x = /^(.)(?P<rest>.*)/"-->[<!--#echo var="1"-->|<!--#echo var="rest"-->]<!--#endif-->\n',
    "if-nested.html": 'a<!--#if expr="$arg_x"-->b<!--#if expr="$arg_y"-->c<!--#endif-->d<!--#endif-->e\n',
    "if-wrong.html": 'a<!--#endif-->b<!--#else-->c<!--#elif expr="1"-->d<!--#if-->e<!--#if expr="1"-->f<!--#else-->g<!--#else-->h'
                     '<!--#endif-->i\n',
    # what goes wrong
    "none.html": page('include virtual="/none"'),
    "denied.html": page('include virtual="/secret/x"'),
    "error.html": page('include virtual="/proxied/500"'),
    "unknown.html": page('unknown x="y"'), "no-parameter.html": page("include"),
    "parameter.html": page('include wrong="x"'),
    "silent/unknown.html": page('unknown x="y"'),
}

BACKENDS = {"backend": {
    "/slow": [0.1, ok(b"[slow]")],
    "/chunked": chunked_answer(b"[chu", b"nked]"),
    "/big": ok(b"b" * 200_000),
    "/replaced/taken": ok(b"teapot", status="418 Teapot"),
    "/500": ok(b"[broken]", status="500 Broken"),
    "/page-of-backend": ok(b'<!--#include virtual="/part.txt" --> from a backend\n', "Content-Type: text/html",
                           'ETag: "x"', "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"),
}}

DIFFERS = ("name", "connection kept", "backend 1.1", "allow")

_PAGES = ["/plain.html", "/plain.txt", "/one.html", "/several.html", "/nested.html", "/dir/file.html",
          "/dir/relative.html", "/internal.html", "/internal/x", "/backend.html",
          "/backend-chunked.html", "/backend-big.html", "/blank.html", "/echo.html", "/echo.html?a=1", "/args.html?a=z",
          "/rewritten.html", "/vars.html", "/head-tag.html", "/open.html",
          "/off/one.html", "/types/x.shtml", "/types/x.css", "/types/x", "/types/x.html",
          "/modified/one.html", "/expires/one.html", "/quote.html",
          "/wait.html", "/many.html", "/large.html", "/split.html", "/page-of-backend", "/unknown.html",
          "/no-parameter.html", "/parameter.html", "/silent/unknown.html", "/file-up.html"]

_COMMANDS = ("block", "block-two", "block-unknown", "block-empty", "block-open", "block-nameless", "block-same",
             "block-if", "set-include", "set-again", "wait-several", "config", "if", "if-captures", "if-nested",
             "if-wrong")

CASES = [
    *(get(f"/{name}.html{query}") for name in _COMMANDS for query in ("", "?x=1", "?x=22&y=1")),
    get("/block-shown.html"),
    *(get(path) for path in _PAGES),
    *(get(f"/replaced-{name}.html?z") for name in ("none", "named", "403", "502", "taken", "page", "chain")),
    *(get(f"/replaced-{name}.html", differs="failed include") for name in ("kept", "away")),
    get("/echo.html", "User-Agent: <a&b\"> \xe4"),
    head("/one.html"),
    post("/page-of-backend", "body"),
    get("/one.html", version="1.0"),
    get("/one.html", "Range: bytes=0-3"),
    get("/comment.html", differs="empty command"),
    *(get(path, "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT", differs="page of includes")
      for path in ("/one.html", "/modified/one.html")),
    get("/backend.html", "Range: bytes=0-3", "If-None-Match: x", "If-Modified-Since: x", "Accept-Encoding: gzip",
        "Cookie: a=b", "Authorization: x", "X-Other: y",
        differs="fields of subrequests"),
    post("/backend.html", "body"),
    *(get(path, differs="failed include") for path in ("/none.html", "/denied.html", "/error.html")),
]
