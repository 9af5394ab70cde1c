"""disable_symlinks: which links on the way to a file are refused, and how."""

import gzip

from differential.cases import get, post

CONFIG = """
http {
    default_type text/plain;
    server {
        listen @http@;
        server_name a.test;
        root @site@/www;
        location /on/ { alias @site@/www/; disable_symlinks on; autoindex on; }
        location /on-link/ { alias @site@/linked/; disable_symlinks on; }
        location /on-link-from/ { alias @site@/linked/; disable_symlinks on from=@site@/linked; }
        location /on-root/ { alias @site@/www/; disable_symlinks on from=$document_root; }
        location /on-file/ { alias @site@/www/; disable_symlinks on from=@site@/www/link; }
        location /on-folder/ { alias @site@/www/; disable_symlinks on from=@site@/www/folder-link/; autoindex on; }
        location /on-part/ { alias @site@/www/; disable_symlinks on from=@site@/www/folder; }
        location /on-elsewhere/ { alias @site@/www/; disable_symlinks on from=/elsewhere; }
        location /owner/ { alias @site@/www/; disable_symlinks if_not_owner; autoindex on; }
        location /owner-link/ { alias @site@/others/; disable_symlinks if_not_owner; }
        location /owner-link-from/ { alias @site@/others/; disable_symlinks if_not_owner from=@site@/others; }
        location /owner-folder/ { alias @site@/www/; disable_symlinks if_not_owner from=$document_root/others-folder; }
        location ~ ^/host/(?<part>[^/]*)/ { root @site@/hosts/$part; disable_symlinks on from=$document_root; }
        location ~ ^/host-on/(?<part>[^/]*)/ { root @site@/hosts/$part; disable_symlinks on from=@site@/hosts; }
        location /inside/ { disable_symlinks on; location /inside/off/ { disable_symlinks off; } }
        location /try/ { disable_symlinks on from=$document_root; try_files /link /folder-link/file /file =404; }
        location /packed/ { alias @site@/www/; disable_symlinks on; gzip_static on; }
        location /if/ {
            alias @site@/www/;
            disable_symlinks on;
            if (-f $request_filename) { return 200 "file\\n"; }
            if (-d $request_filename) { return 200 "directory\\n"; }
            return 200 "nothing\\n";
        }
    }
}
"""

_WWW = {
    "file": "file\n", "folder/file": "inner\n", "folder/index.html": "index\n", "folder/deep/file": "deep\n",
    "link": ("to", "file"), "link-to-link": ("to", "link"), "folder-link": ("to", "folder"), "up/link": ("to", "../file"),
    "up/folder-link": ("to", "../folder"), "dangling": ("to", "nowhere"), "loop": ("to", "loop"), "indexed/index.html": ("to", "../file"),
    "others": ("other's", "file"), "others-folder": ("other's", "folder"), "up/others": ("other's", "../folder/file"),
    "link-to-others": ("to", "others"), "others-dangling": ("other's", "nowhere"), "others-index/index.html": ("other's", "../file"),
    "packed": "plain\n", "packed.gz": ("to", "file"), "real": "plain\n", "real.gz": gzip.compress(b"plain\n", mtime=0),
}
FILES = {**{f"www/{name}": content for name, content in _WWW.items()}, "outside/file": "outside\n",
         "www/outside": ("to", "../outside"), "www/absolute": ("to", "/etc/hostname"),
         "linked": ("to", "www"), "others": ("other's", "www"),
         "hosts/real/host/real/file": "real host\n", "hosts/real/host/real/link": ("to", "file"),
         "hosts/real/host-on/real/file": "real host\n", "hosts/linked": ("to", "real"),
         "hosts/real/host/linked/file": "linked host\n", "hosts/real/host/linked/link": ("to", "file"),
         "hosts/real/host-on/linked/file": "linked host\n",
         "www/inside/link": ("to", "../file"), "www/inside/off/link": ("to", "../../file")}

DIFFERS = ("name", "connection kept", "length known", "Vary")

_NAMES = ("file", "link", "link-to-link", "folder", "folder/", "folder/file", "folder-link", "folder-link/", "folder-link/file",
          "folder-link/none", "up/link", "up/folder-link/", "up/folder-link/deep/file", "dangling", "loop", "loop/x", "indexed/", "others",
          "others-folder/", "others-folder", "others-folder/file", "others-folder/deep/file", "up/others", "link-to-others",
          "others-dangling", "others-index/", "none", "none/")

CASES = [
    *(get(f"/{place}/{name}") for place in ("on", "owner") for name in (*_NAMES, "")),
    *(get(f"/{place}/{name}")
      for place in ("on-link", "on-link-from", "on-root", "on-part", "on-elsewhere", "owner-link", "owner-link-from")
      for name in ("file", "link", "folder/file", "folder-link/file", "folder/", "none")),
    *(get(f"/on-file/{name}") for name in ("link", "link-to-link", "file", "folder-link/file")),
    *(get(f"/on-folder/{name}") for name in ("folder-link", "folder-link/", "folder-link/file", "folder-link/deep/file", "link")),
    *(get(f"/owner-folder/{name}") for name in ("others-folder", "others-folder/", "others-folder/file", "others", "link")),
    *(get(f"/{place}/{name}") for place in ("host/real", "host/linked") for name in ("file", "link")),
    *(get(f"/host-on/{name}/file") for name in ("real", "linked")),
    get("/inside/link"),
    get("/inside/off/link"),
    get("/try/x"),
    *(get(f"/packed/{name}", "Accept-Encoding: gzip") for name in ("packed", "real")),
    *(get(f"/if/{name}") for name in ("file", "link", "folder", "folder-link", "folder-link/file", "dangling", "none")),
    post("/on/link", "x"),
    get("/on/link", "If-None-Match: *"),
    *(get(f"/owner/{name}", differs="beneath the root") for name in ("outside/file", "absolute")),
]
