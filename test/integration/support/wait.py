"""Waiting for something to become true, with a limit."""

import time


def wait_until(condition, what, timeout=10.0, pause=0.01):
    """Calls `condition` until it returns something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout:g} s: {what() if callable(what) else what}")
        time.sleep(pause)
