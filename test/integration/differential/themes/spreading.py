"""hash and random: which server of an upstream a key leads to."""

from differential.cases import get
from differential.origin import ok

CONFIG = """
http {
    default_type text/plain;
    upstream plain { hash $request_uri; server @one@; server @two@; server @three@; }
    upstream weighted { hash $arg_key; server @one@ weight=3; server @two@; server @three@ weight=2; }
    upstream ring { hash $arg_key consistent; server @one@; server @two@; server @three@; }
    upstream weighted-ring { hash $arg_key$arg_more consistent; server @one@ weight=4; server @two@; server @three@ weight=2; }
    upstream failing { hash $arg_key; server @dead@; server @two@; server @three@; }
    upstream failing-ring { hash $arg_key consistent; server @dead@; server @two@; server @three@; }
    upstream down { hash $arg_key; server @one@ down; server @two@; server @three@; }
    upstream down-ring { hash $arg_key consistent; server @one@ down; server @two@; server @three@; }
    upstream next { hash $arg_key; server @one@ max_fails=0; server @two@ max_fails=0; server @three@ max_fails=0; }
    upstream next-ring { hash $arg_key consistent; server @one@ max_fails=0; server @two@ max_fails=0; server @three@ max_fails=0; }
    upstream single { hash $arg_key consistent; server @one@; }
    upstream chance { random; server @one@; server @two@ down; }
    upstream chances { random two least_conn; server @one@ down; server @two@; server @three@ down; }
    server {
        listen @http@;
        proxy_next_upstream error timeout http_500;
        location /plain/ { proxy_pass http://plain; }
        location /weighted/ { proxy_pass http://weighted; }
        location /ring/ { proxy_pass http://ring; }
        location /weighted-ring/ { proxy_pass http://weighted-ring; }
        location /failing/ { proxy_pass http://failing; }
        location /failing-ring/ { proxy_pass http://failing-ring; }
        location /down/ { proxy_pass http://down; }
        location /down-ring/ { proxy_pass http://down-ring; }
        location /next/ { proxy_pass http://next; }
        location /next-ring/ { proxy_pass http://next-ring; }
        location /single/ { proxy_pass http://single; }
        location /chance/ { proxy_pass http://chance; }
        location /chances/ { proxy_pass http://chances; }
        location /variable/ { set $up ring; proxy_pass http://$up; }
    }
}
"""

BACKENDS = {name: {"500$": ok(b"broken", status="500 Broken"), "": ok(name.encode(), "Content-Type: text/plain")}
            for name in ("one", "two", "three")}

DIFFERS = ("name", "connection kept", "backend 1.1")

KEYS = ("a", "b", "user17", "zzz", "127.0.0.1", "%C3%A4", "x" * 200)

CASES = [
    *(get(f"/plain/{key}") for key in KEYS),
    *(get(f"/{name}/x?key={key}") for name in ("weighted", "ring", "weighted-ring", "failing", "failing-ring",
                                               "down", "down-ring", "single", "variable")
      for key in KEYS),
    *(get(f"/{name}/x?key={key}", name=f"GET /{name}/ again, {key[:9]}") for name in ("ring", "weighted")
      for key in KEYS),
    *(get(f"/{name}/x?key={n}") for name in ("weighted", "ring", "weighted-ring") for n in range(12)),
    *(get(f"/{name}/x?key={key}&more=500", name=f"GET /{name}/500 {key[:9]}") for name in ("next", "next-ring")
      for key in KEYS),
    *(get(f"/{name}/x", name=f"GET /{name}/ without a key, {n}") for name in ("weighted", "ring") for n in range(6)),
    *(get(f"/{name}/x", name=f"GET /{name}/ number {n}") for name in ("chance", "chances") for n in range(4)),
]
