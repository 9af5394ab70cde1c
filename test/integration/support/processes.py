"""What the kernel says about a server's processes: which there are, what time and memory they took.

A server is started in a session of its own (start_new_session), and so its processes are found."""

import os


def session_processes(session):
    """The live processes of a session (zombies are not alive): pid → (name, parent)."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                name, _, rest = stat.read().partition("(")[2].rpartition(")")
        except OSError:
            continue  # it has just ended
        state, parent, _, its_session = rest.split()[:4]
        if int(its_session) == session and state != "Z":
            found[int(entry)] = (name, int(parent))
    return found


def program_of(pid):
    """The first word of its command line; empty if it has ended. (Its name in the kernel is cut, or the
    number of the descriptor that it was started from.)"""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as words:
            return words.read().split("\0")[0].rsplit("/", 1)[-1]
    except OSError:
        return ""


def cpu_seconds(pids):
    """CPU time that all threads of these processes have taken, from the scheduler's own account."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as stat:
                total += int(stat.read().split()[0])
    return total / 1e9


def memory_kib(pids, *kinds):
    """Sum of these lines of smaps_rollup (Pss: each shared page counted in parts; Pss_Anon …)."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as lines:
            for line in lines:
                name, _, value = line.partition(":")
                if name in kinds:
                    total += int(value.split()[0])
    return total


def open_files(pid):
    """How many descriptors the process has."""
    return len(os.listdir(f"/proc/{pid}/fd"))
