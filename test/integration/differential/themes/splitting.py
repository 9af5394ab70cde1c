"""split_clients: the same client, the same part."""

from differential.cases import get

CONFIG = """
http {
    default_type text/plain;
    split_clients $arg_a $one { 0.5% first; 20.05% second; 30% third; * rest; }
    split_clients "salt$arg_a$http_x_b" $two { 50% half; }
    split_clients $arg_none $three { 10% ten; 90% ninety; }
    split_clients $two $four { 50% "a b"; * ""; }
    server {
        listen @http@;
        server_name a.test;
        location / { return 200 "$one|$two|$three|$four\\n"; }
        location /set { set $one mine; return 200 "$one\\n"; }
    }
}
"""

DIFFERS = ("name", "connection kept")

CASES = [
    *(get(f"/?a={value}") for value in ("", "x", "xy", "xyz", "wxyz", "vwxyz", "%20", *map(str, range(60)))),
    *(get(f"/?a={'long' * count}", name=f"{count} times long") for count in (5, 50, 500)),
    *(get("/", f"X-B: {value}") for value in ("1", "2", "3", "\xe4\xff", "\xff\xff\xff")),
    get("/set"),
]
