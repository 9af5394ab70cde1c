"""docs/from-nginx.md: what it says frontd takes, frontd takes, and what it says is refused is refused."""

import pathlib
import re

import pytest

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/from-nginx.md"
BLOCKS = re.findall(r"^```nginx (\w+)( refused)?\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)

AROUND = {
    "main": "{}",
    "http": "http {{ {} }}",
    "server": "http {{ server {{ {} }} }}",
    "mail": "mail {{ {} }}",
}


def test_the_page_has_blocks():
    assert len(BLOCKS) >= 12


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block(frontd_files, number):
    context, refused, text = BLOCKS[number]
    files = frontd_files("", passwords="@home@/passwords")
    for name in ("site/index.html", "acme/x"):
        files.file(name)
    files.file("passwords", "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
    files.values["passwords"] = str(files.home / "passwords")
    files.write_config(AROUND[context].format(text))
    result = files.command("-t", check=False)
    said = result.stdout + result.stderr
    assert (result.returncode == 1) == bool(refused), f"{text}\n{said}"
    if not refused:
        assert "error" not in re.sub(r"error(_log|_page|\.log)", "", said), said
