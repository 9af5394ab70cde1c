"""No directive of nginx 1.22's documentation is unknown: it is there, has no effect, or is refused with
what to do instead."""

import re
import subprocess

from support.frontd import binary
from support.nginx_names import NAMES


def test_every_name_is_known():
    text = subprocess.run([binary(), "--directives"], capture_output=True, text=True, check=True).stdout
    known = set(re.findall(r"^(\w+\*?)$", text, re.M)) | {"include"}
    families = tuple(name[:-1] for name in known if name.endswith("*"))
    unknown = {name for name in NAMES if name not in known and not name.startswith(families)}
    assert not unknown
