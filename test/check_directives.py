#!/usr/bin/python3
"""Each directive has a meaning in the manual, and some test or example uses it.

Usage: check_directives.py FRONTD ROOT"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "integration"))

# pylint: disable=wrong-import-position
from support.manual import is_refused, is_without_effect, read_manual


def words_of_tests(root):
    """Every word in the tests and the examples."""
    words = set()
    for folder, patterns in (("test/integration", ("*.py",)), ("test/unit", ("*.c", "*.h")), ("conf", ("*.conf",))):
        for pattern in patterns:
            for path in (root / folder).rglob(pattern):
                words.update(re.findall(r"\w+", path.read_text("utf-8")))
    return words


def problems_of(entry, words):
    if not entry.syntax.startswith(entry.name):
        yield f"{entry.name}: no syntax"
    if not any(entry.contexts):
        yield f"{entry.name}: it may stand nowhere"
    if len(entry.meaning) < 10:
        yield f"{entry.name}: no meaning"
    # test/integration/conf/test_every_directive.py tries the others by themselves
    if not is_refused(entry) and not is_without_effect(entry) and entry.name not in words:
        yield f"{entry.name}: no test uses it"


def main():
    words = words_of_tests(pathlib.Path(sys.argv[2]))
    entries = list(read_manual(sys.argv[1]))
    problems = [problem for entry in entries for problem in problems_of(entry, words)]
    print("\n".join(problems + [f"{len(entries)} directives looked at, {len(problems)} problems"]))
    return 1 if problems or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
