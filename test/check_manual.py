#!/usr/bin/python3
"""The manual pages please mandoc's lint, and the one of the configuration has every directive.

Usage: check_manual.py FRONTD PAGE…"""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "integration"))

# pylint: disable=wrong-import-position
from support.manual import read_manual


def lint(pages):
    """What mandoc says of the pages, but for references among themselves: they are not installed yet."""
    ours = "|".join(re.escape(f"{page.stem} {page.suffix[1:]}") for page in pages)
    known = re.compile(rf"referenced manual not found: Xr ({ours})( |$)")
    run = subprocess.run(["mandoc", "-T", "lint", *pages], capture_output=True, text=True, check=False)
    return [line for line in run.stdout.splitlines() + run.stderr.splitlines() if not known.search(line)]


def missing(frontd, pages):
    text = "".join(page.read_text("utf-8") for page in pages)
    entries = set(re.findall(r"^\.It Ic (\S+)", text, re.M))
    return sorted({entry.name for entry in read_manual(frontd)} - entries)


def main():
    frontd, *pages = sys.argv[1:]
    pages = [pathlib.Path(page) for page in pages]
    problems = lint(pages) + [f"not in the manual: {name}" for name in missing(frontd, pages)]
    print("\n".join(problems + [f"{len(pages)} pages, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
