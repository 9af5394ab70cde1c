#!/usr/bin/python3
"""No writable variable at file scope (or static in a function) outside proxy/process.

Usage: check_globals.py LIBRARY…   (the static libraries of the other folders, without sanitizers)"""

import re
import subprocess
import sys

# objdump -t: value, flags, section, size, name. What only relocation writes (.data.rel.ro) is constant.
SYMBOL = re.compile(r"^[0-9a-f]+ .{7} (\S+)\t[0-9a-f]+ (?:\.hidden )?(\S+)$")
WRITABLE = re.compile(r"(\.data|\.bss|\.tdata|\.tbss)(\..*)?|\*COM\*")


def writable_symbols(library):
    listing = subprocess.run(["objdump", "-t", library], capture_output=True, text=True, check=True).stdout
    member = library
    for line in listing.splitlines():
        if line.endswith("elf64-x86-64") or ":     file format" in line:
            member = line.split(":")[0]
        match = SYMBOL.match(line)
        if not match:
            continue
        section, name = match.groups()
        if WRITABLE.fullmatch(section) and not section.startswith(".data.rel.ro") and name != section:
            yield f"{member}: {name} is writable ({section})"


def main():
    libraries = sys.argv[1:]
    problems = [problem for library in libraries for problem in writable_symbols(library)]
    print("\n".join(problems + [f"{len(libraries)} libraries looked at, {len(problems)} problems"]))
    return 1 if problems or not libraries else 0


if __name__ == "__main__":
    sys.exit(main())
