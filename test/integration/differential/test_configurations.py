"""nginx -t and frontd -t on the same small configurations."""

import subprocess

import pytest
from differential import configurations
from support.frontd import binary

_SERVER = "server { listen 127.0.0.1:19999; %s }"
_ZONES = "limit_req_zone $host zone=z:1m rate=1r/s; limit_conn_zone $host zone=c:1m;"
_AROUND = {
    "h": f"%s {_SERVER % ''}",
    "s": f"{_ZONES} {_SERVER}",
    "l": f"{_ZONES} {_SERVER % 'location /test { %s }'}",
    "u": f"upstream x {{ server 127.0.0.1:1; %s }} {_SERVER % ''}",
}


@pytest.mark.parametrize("block", _AROUND)
def test_both_take_or_refuse(block, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "pw").write_text("user:{PLAIN}secret\n")
    problems = [problem for row in configurations.ROWS if row.startswith(f"{block} ") for problem in _try(row, tmp_path)]
    assert not problems, "\n".join(problems)


def _try(row, home):
    block, text = row.split(" ", 1)
    text = _AROUND[block] % text.replace("@home@", str(home))
    (home / "both.conf").write_text(f"events {{ }}\nhttp {{ {text} }}\n")
    taken = {name: _takes(program, home) for name, program in (("frontd", binary()), ("nginx", "nginx"))}
    wanted = "frontd" if row in configurations.FRONTD_TAKES else "nginx" if row in configurations.NGINX_TAKES else None
    found = next((name for name in taken if taken[name] and not all(taken.values())), None)
    if wanted != found:
        yield f"{row}: taken by {found or 'both or none'}, expected: {wanted or 'both or none'}"


def _takes(program, home):
    command = [program, "-t", "-p", f"{home}/", "-c", str(home / "both.conf")]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def test_every_disagreement_is_a_row():
    assert {*configurations.FRONTD_TAKES, *configurations.NGINX_TAKES} <= set(configurations.ROWS)
