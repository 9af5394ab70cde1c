"""set_escape_uri and its like, which login portals' configurations use: nginx has them from a module."""

from differential.cases import get

MODULES = ("ndk_http_module", "ngx_http_set_misc_module")

CONFIG = """
http {
    server {
        listen @http@;
        server_name a.test;
        default_type text/plain;
        set_escape_uri $early $request_uri;
        location /escape { set_escape_uri $x $arg_a; return 200 "[$x]\\n"; }
        location /unescape { set_unescape_uri $x $arg_a; return 200 "[$x]\\n"; }
        location /encode { set_encode_base64 $x $arg_a; return 200 "[$x]\\n"; }
        location /decode { set_decode_base64 $x $arg_a; return 200 "[$x]\\n"; }
        location /itself { set $x $arg_a; set_escape_uri $x; return 200 "[$x]\\n"; }
        location /words { set $x $arg_a; set_escape_uri $y "a $x/b"; return 200 "[$y]\\n"; }
        location /marks { set_escape_uri $y 'a#b&c"d\\\\e\te'; return 200 "[$y]\\n"; }
        location /early { return 200 "[$early]\\n"; }
        location /if { if ($arg_a) { set_unescape_uri $x $arg_a; } return 200 "[$x]\\n"; }
        location /portal {
            set_escape_uri $target $scheme://$host$request_uri;
            return 302 https://auth.test/?rd=$target;
        }
    }
}
"""

DIFFERS = ("name", "connection kept")

_EVERY = "".join(chr(byte) for byte in range(0x21, 0x7f) if chr(byte) not in "#&\"")


def _all(name, path, values):
    return [get(f"{path}?a={value}", name=f"{name} {value!r}") for value in values]


CASES = [
    *_all("escape", "/escape", (_EVERY, "%20", "", "caf%c3%a9", "a=b?c", "x" * 2000)),
    *_all("unescape", "/unescape", ("a%20b%2fc+d", "%zz%", "%4", "%4z5", "%%41", "%e9%41x?b%3", "", "plain")),
    *_all("encode", "/encode", ("", "a", "ab", "abc", "hello", "%00", "x" * 1000)),
    *_all("decode", "/decode", ("", "YQ==", "YQ", "aGVsbG8=", "aGVsbG8==x", "!!", "a", "aGVs_-8", "+/aa", "YR==")),
    get("/decode", name="no value"),
    *_all("itself", "/itself", ("a/b", "a=1", "")),
    *_all("words", "/words", ("a/b", "%20")),
    *_all("if", "/if", ("a%2fb", "0")),
    get("/marks"),
    get("/early/%41?b=c&d"),
    get("/portal/x?y=z&a=%20"),
]
