#!/usr/bin/python3
"""Each header of proxy/ compiles alone: it includes what it uses.

Usage: check_headers.py PROXY COMPILER…"""

import concurrent.futures
import os
import pathlib
import subprocess
import sys


def compiles(header, proxy, compiler):
    """The compiler's complaint; empty if there is none."""
    words = [*compiler, "-std=gnu17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    words += ["-I", str(proxy), "-x", "c", "-"]
    source = f'#include "{header.relative_to(proxy)}"\ntypedef int not_empty;\n'
    return subprocess.run(words, input=source, capture_output=True, text=True, check=False).stderr


def main():
    proxy, compiler = pathlib.Path(sys.argv[1]), sys.argv[2:]
    headers = sorted(proxy.rglob("*.h"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = list(filter(None, pool.map(lambda header: compiles(header, proxy, compiler), headers)))
    print("\n".join(complaints + [f"{len(headers)} headers looked at, {len(complaints)} problems"]))
    return 1 if complaints or not headers else 0


if __name__ == "__main__":
    sys.exit(main())
