"""Every directive of the manual does what the manual says of it: those that nginx has and frontd does
not are refused with the reason; those that change nothing are taken."""

import re

import pytest
from support.frontd import binary
from support.manual import is_refused, is_without_effect, read_manual

# Where a directive of that context stands in a file; %s is the directive.
PLACES = {
    "`main`": "%s",
    "`events`": "events { %s }",
    "`http`": "http { %s }",
    "`server` (http)": "http { server { listen 127.0.0.1:@http@; %s } }",
    "`location`": "http { server { listen 127.0.0.1:@http@; location / { %s } } }",
    "`if` (server)": "http { server { listen 127.0.0.1:@http@; if ($host) { %s } } }",
    "`if` (location)": "http { server { listen 127.0.0.1:@http@; location / { if ($host) { %s } } } }",
    "`limit_except`": "http { server { listen 127.0.0.1:@http@; location / { limit_except GET { %s } } } }",
    "`upstream`": "http { upstream u { server 127.0.0.1:1; %s } }",
    "`mail`": "mail { %s }",
    "`server` (mail)": "mail { server { listen 127.0.0.1:@smtp@; proxy_pass 127.0.0.1:@backend@; %s } }",
}

SPECIAL_VALUES = {"ssl_session_cache": "off", "load_module": "modules/ngx_mail_module.so",
                  "thread_pool": "x threads=2"}


def _entries(wanted):
    entries = [entry for entry in read_manual(binary()) if wanted(entry)]
    return pytest.mark.parametrize("entry", entries, ids=[f"{entry.name} in {entry.contexts[0]}" for entry in entries])


def _directive(entry):
    if not entry.syntax.endswith(";"):
        return f"{entry.name} x {{ }}"
    words = entry.syntax.removeprefix(entry.name)
    for pattern, value in ((r"\bon\b", "on"), (r"\boff\b", "off"), ("time", "5s"), ("size", "8k")):
        if re.search(pattern, words):
            return f"{entry.name} {SPECIAL_VALUES.get(entry.name, value)};"
    return f"{entry.name} {SPECIAL_VALUES.get(entry.name, '1')};"


@_entries(is_refused)
def test_what_frontd_does_not_do_is_refused_with_what_to_do(entry, frontd_files):
    result = frontd_files(PLACES[entry.contexts[0]] % _directive(entry)).command("-t", check=False)
    assert result.returncode == 1
    output = " ".join((result.stdout + result.stderr).split())
    assert f"`{entry.name}" in output and " = " in output


@_entries(is_without_effect)
def test_what_changes_nothing_is_taken_wherever_it_may_stand(entry, frontd_files):
    for context in entry.contexts:
        result = frontd_files(PLACES[context] % _directive(entry)).command("-t", check=False)
        assert f"`{entry.name}`" not in result.stdout + result.stderr, context
