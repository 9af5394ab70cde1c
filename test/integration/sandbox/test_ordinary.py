"""What libraries do without being told to, seldom or only on other machines, kills no process of frontd
(test/sandbox/ordinary.c), and what kills it by itself is heard: a crash is a crash, with its words."""

import signal
import subprocess

import pytest
from support.frontd import build_directory

ROLES = ("free", "worker", "auth", "keyholder")  # the first one is the control
EVERYWHERE = ("memory", "time", "chance", "machine", "sort", "words", "locks")
WITH_FILES = ("file", "local time")
CRASHES = {"abort": "", "heap crash": "double free", "stack crash": "stack smashing detected"}



def do(role, thing, directory):
    (directory / "page").write_text("page\n")
    program = build_directory() / "test/sandbox/sandbox-probe"
    words = [str(program), role, str(directory), "1", "ordinary", thing]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "role, thing", [(role, thing) for role in ROLES for thing in (*EVERYWHERE, *(WITH_FILES if role != "keyholder" else ()))])
def test_nobody_is_killed_for_it(tmp_path, role, thing):
    """The key holder has no files, and asks for none."""
    result = do(role, thing, tmp_path)
    assert result.returncode == 0, result


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("thing", CRASHES)
def test_a_crash_is_no_crime(tmp_path, role, thing):
    result = do(role, thing, tmp_path)
    assert result.returncode == -signal.SIGABRT, result
    assert CRASHES[thing] in result.stderr
