#!/usr/bin/python3
"""Each directive has a meaning in the manual, and some test or example uses it.

Usage: check_directives.py FRONTD ROOT"""

import pathlib
import re
import subprocess
import sys


def read_manual(program):
    """(name, its lines) of each directive: a name at the margin, the rest indented."""
    text = subprocess.run([program, "--directives"], capture_output=True, text=True, check=True).stdout
    for entry in re.split(r"\n(?=\S)", text.strip()):
        name, *lines = entry.splitlines()
        yield name, [line.strip() for line in lines if line.strip()]


def words_of_tests(root):
    """Every word in the tests and the examples."""
    words = set()
    for folder, patterns in (("test/integration", ("*.py",)), ("test/unit", ("*.c", "*.h")), ("conf", ("*.conf",))):
        for pattern in patterns:
            for path in (root / folder).rglob(pattern):
                words.update(re.findall(r"\w+", path.read_text("utf-8")))
    return words


def problems_of(name, lines, words):
    fields = dict(line.split(":", 1) for line in lines if re.match(r"(Syntax|Context|Default):", line))
    meaning = [line for line in lines if not re.match(r"(Syntax|Context|Default):", line)]
    if not fields.get("Syntax", "").strip().startswith(name):
        yield f"{name}: no syntax"
    if not fields.get("Context", "").strip():
        yield f"{name}: it may stand nowhere"
    if not meaning or len(meaning[-1]) < 10:
        yield f"{name}: no meaning"
    if name not in words:
        yield f"{name}: no test uses it"


def main():
    words = words_of_tests(pathlib.Path(sys.argv[2]))
    manual = list(read_manual(sys.argv[1]))
    problems = [problem for name, lines in manual for problem in problems_of(name, lines, words)]
    print("\n".join(problems + [f"{len(manual)} directives looked at, {len(problems)} problems"]))
    return 1 if problems or not manual else 0


if __name__ == "__main__":
    sys.exit(main())
