#!/usr/bin/python3
"""Includes go downward only, as proxy/LAYERS says, and each outside library has its home folders.

Usage: check_layers.py [PROXY]"""

import pathlib
import re
import sys

PROXY = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1] / "proxy")

HOMES = {  # where an outside library may be included
    "event2": {"net", "dns"},
    "openssl": {"tls", "auth"},  # auth: digests only, without libssl
    "crypt": {"auth"},
    "ares": {"dns"},
    "pcre2": {"http"},
    "nghttp2": {"http"},
    "zlib": {"relay", "http"},
}

# Parsers and writers of peers' bytes: they see bytes and nothing else, so that a test and a fuzz
# target can stand in for the world.
PURE = re.compile(
    r"(\w+_parse|\w+_chunked|\w+_lexer|smtp_data|smtp_reply|smtp_xclient|smtp_capabilities"
    r"|auth_hash|auth_file|auth_wire|http_basic|http_request|http2_request|http2_floods|http2_frames|http2_priority|http_uri|http_range|http_date|http_conditional)\.c"
)
PURE_SYSTEM = {"ctype", "inttypes", "limits", "stdarg", "stdbool", "stddef", "stdint", "stdio", "stdlib", "string",
               "strings", "time",
               "emmintrin"}

TOP = ""  # the programs' own files, directly in proxy/: they put together what there is

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)


def read_layers():
    """folder → its line's number."""
    lines = [line for line in (PROXY / "LAYERS").read_text().splitlines() if line and not line.startswith("#")]
    ranks = {folder: rank for rank, line in enumerate(lines) for folder in line.split()}
    return ranks | {TOP: len(lines)}


def includes(path):
    """(line number, name, is it ours) of each include."""
    text = path.read_text()
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start(1 if match[1] else 2)) + 1, match[1] or match[2], bool(match[1])


def check_direction(path, folder, ranks):
    for line, name, ours in includes(path):
        if ours:
            other = name.split("/")[0] if "/" in name else folder
            if other not in ranks:
                yield line, f"{name} is in no folder of proxy/LAYERS"
            elif other != folder and ranks[other] >= ranks[folder]:
                yield line, f"{folder} may not include {name}: {other} is not below it"
            elif folder != TOP and not (PROXY / name).exists():
                yield line, f"{name} does not exist"
        else:
            library = re.split(r"[/.]", name)[0]
            if folder not in HOMES.get(library, {folder}):
                yield line, f"<{name}> belongs in {' and '.join(sorted(HOMES[library]))}"


def check_pure(path, folder, seen=None):
    """Only base/, its own folder's pure headers, and nothing of the system that does I/O."""
    seen = set() if seen is None else seen
    for line, name, ours in includes(path):
        if not ours:
            if name.removesuffix(".h") not in PURE_SYSTEM:
                yield line, f"a parser has no business with <{name}>"
        elif name.split("/")[0] not in ("base", folder):
            yield line, f"a parser may include base/ only, not {name}"
        elif name.startswith(folder + "/") and name not in seen:
            seen.add(name)
            for _, problem in check_pure(PROXY / name, folder, seen):
                yield line, f"{problem} (in {name})"


def main():
    ranks = read_layers()
    count, problems = 0, []
    for path in sorted(PROXY.rglob("*")):
        if path.suffix not in (".c", ".h", ".def", ".inc"):
            continue
        count += 1
        folder = path.relative_to(PROXY).parts[0] if path.parent != PROXY else TOP
        if folder not in ranks:
            problems.append(f"{path}: {folder} is not in proxy/LAYERS")
            continue
        found = list(check_direction(path, folder, ranks))
        if PURE.fullmatch(path.name):
            found += check_pure(path, folder)
        problems += [f"{path}:{line}: {problem}" for line, problem in found]
    problems += [f"proxy/LAYERS: {f} is not there" for f in ranks if not (PROXY / f).is_dir()]
    print("\n".join(problems + [f"{count} files looked at, {len(problems)} problems"]))
    return 1 if problems or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
