"""What `frontd --directives` says: the manual that follows from the tables in the program."""

import collections
import re
import subprocess

Entry = collections.namedtuple("Entry", "name syntax contexts meaning")

_WITHOUT_EFFECT = re.compile(r"needs no tuning|has no effect|by themselves|comes later|is passed on|are those of RFC", re.I)


def read_manual(program):
    """An Entry of each directive; one that stands in http and in mail may be there twice."""
    text = subprocess.run([str(program), "--directives"], capture_output=True, text=True, check=True).stdout
    for entry in re.split(r"\n(?=\S)", text.strip()):
        name, *lines = [line.strip() for line in entry.splitlines() if line.strip()]
        if not lines:
            continue  # the title of a chapter
        syntax = next((line[7:].strip() for line in lines if line.startswith("Syntax:")), "")
        context = next((line[8:].strip() for line in lines if line.startswith("Context:")), "")
        contexts = re.split(r", | or ", context.replace(" (outside of all blocks)", ""))
        meaning = " ".join(line for line in lines if not re.match(r"(Syntax|Default|Context):", line))
        yield Entry(name, syntax, contexts, meaning)


def is_refused(entry):
    """nginx's, and stops the start with what to write instead."""
    return entry.meaning.startswith("Refused: ")


def is_without_effect(entry):
    """Read and checked for its number of words."""
    return not is_refused(entry) and bool(_WITHOUT_EFFECT.search(entry.meaning))
