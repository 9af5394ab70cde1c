"""Every theme, every row. See __init__.py."""

import importlib
import pathlib
import pkgutil
from collections import Counter

import pytest
from differential import coverage, http2, themes
from differential.client import converse
from differential.compare import Exchange, clock, make_comparable
from differential.deviations import TABLE
from differential.origin import Origin
from differential.servers import FRONTD, NGINX, Nginx, Place
from support import strict

THEMES = {
    info.name: importlib.import_module(f"{themes.__name__}.{info.name}")
    for info in pkgutil.iter_modules([str(pathlib.Path(themes.__path__[0]))])
}
OVER_HTTP2 = {name: theme for name, theme in THEMES.items() if http2.rows(theme)}


@pytest.fixture(name="side_by_side")
def _side_by_side(frontd_files):
    """Starts both on a theme: SideBySide."""
    started = []

    def start(theme, over_http2=False):
        started.append(SideBySide(theme, over_http2))
        return started[-1].start(frontd_files)

    yield start
    for each in started:
        each.stop()


class SideBySide:
    """A theme with both servers and its backends. `http2`: its listeners speak that."""

    def __init__(self, theme, over_http2=False):
        self.theme = theme
        self.config = http2.configuration(theme.CONFIG) if over_http2 else theme.CONFIG
        self.nginx = self.frontd = None
        self.backends = {name: Origin(answers) for name, answers in getattr(theme, "BACKENDS", {}).items()}
        self.place = Place(theme, self.backends)

    def start(self, frontd_files):
        self.nginx = Nginx(self.theme, self.place, self.config)
        self.frontd = frontd_files(self.config, **self.place.values(FRONTD)).start()
        return self

    def exchange(self, case, host, request=None):
        """Sends the row to one of the two; `request`: as this one of HTTP/2."""
        port = self.place.ports[case.port]
        heard = http2.converse(request, case, host, port) if request else converse(case, host, port)
        exchange = Exchange(heard, {name: backend.take() for name, backend in self.backends.items()})
        make_comparable(exchange, clock())
        return exchange

    def stop(self):
        """frontd is ended by its own fixture."""
        if self.nginx:
            self.nginx.quit()
        for backend in self.backends.values():
            backend.stop()
        self.place.remove()


@pytest.mark.parametrize("name", THEMES)
def test_frontd_does_as_nginx_does(name, side_by_side):
    theme = THEMES[name]
    both = side_by_side(theme)
    shown = set()
    problems = [problem for case in theme.CASES for problem in _compare(both, case, shown)]
    problems += [f"deviation `{each}` shows nowhere" for each in theme.DIFFERS if each not in shown]
    problems += _compare_logs(both)
    assert not problems, f"{len(problems)} of {len(theme.CASES)} in {name}:\n" + "\n\n".join(problems)


@pytest.mark.parametrize("name", OVER_HTTP2)
def test_frontd_does_as_nginx_does_over_http2(name, side_by_side):
    theme = OVER_HTTP2[name]
    rows = http2.rows(theme)
    both = side_by_side(theme, over_http2=True)
    problems = [problem for case, request in rows for problem in _compare(both, case, set(), request)]
    problems += _compare_logs(both)
    assert not problems, f"{len(problems)} of {len(rows)} in {name}:\n" + "\n\n".join(problems)


def _compare(both, case, shown, request=None):
    """What is wrong with this row, as text."""
    theirs = both.exchange(case, NGINX, request)
    ours = both.exchange(case, FRONTD, request)
    problems = [f"{case.name}\n  {problem}" for problem in _ambiguities(ours, both.theme)]
    differs = http2.differs(both.theme, case) if request else case.differs
    for name in (*differs, *both.theme.DIFFERS):
        if TABLE[name].take_away(ours, theirs):
            shown.add(name)
        elif name in differs:
            problems.append(f"{case.name}\n  deviation `{name}` does not show")
    if ours.describe() != theirs.describe():
        problems.append(f"{case.name}\n" + _difference(ours.describe(), theirs.describe()))
    return problems


def _ambiguities(exchange, theme):
    for seen in exchange.requests():
        try:
            strict.check(seen.raw, getattr(theme, "UNDERSCORES", False))
        except strict.Ambiguous as problem:
            yield f"a backend could misread: {problem}"


def _difference(ours, theirs):
    """The first line, and those that only one of them has, or more often."""
    ours_only, theirs_only = Counter(ours) - Counter(theirs), Counter(theirs) - Counter(ours)
    lines = [*(f"  - frontd {line}" for line in ours_only.elements()),
             *(f"  + nginx  {line}" for line in theirs_only.elements())]
    return "\n".join([f"  {ours[0]}", *(lines or ["  in another order"])])


def _compare_logs(both):
    names = getattr(both.theme, "LOGS", ())
    if not names:
        return
    both.nginx.quit()
    both.frontd.quit()
    for name in names:
        ours, theirs = both.frontd.log_lines(name), both.nginx.log_lines(name)
        if ours != theirs:
            yield f"logs/{name}\n" + _difference(ours, theirs)


def _rows():
    return [(name, case) for name, theme in THEMES.items() for case in theme.CASES]


def test_there_are_enough_requests_and_each_has_a_name_of_its_own():
    assert len(_rows()) >= coverage.REQUESTS
    names = Counter((theme, case.name) for theme, case in _rows())
    assert not [name for name, times in names.items() if times > 1]


def test_enough_of_them_are_sent_over_http2():
    assert sum(len(http2.rows(theme)) for theme in OVER_HTTP2.values()) >= coverage.REQUESTS_OVER_HTTP2
    for theme in OVER_HTTP2.values():
        names = {case.name for case, _ in http2.rows(theme)}
        assert names >= set(getattr(theme, "DIFFERS_OVER_HTTP2", ())), "a row that is there"


def test_every_deviation_is_named_somewhere():
    named = {name for theme in THEMES.values() for name in theme.DIFFERS}
    named |= {name for _, case in _rows() for name in case.differs}
    named |= {name for theme in OVER_HTTP2.values() for case, _ in http2.rows(theme) for name in http2.differs(theme, case)}
    assert named == set(TABLE)


def test_every_directive_is_used_by_some_theme():
    used = coverage.words(theme.CONFIG for theme in THEMES.values())
    assert coverage.DIRECTIVES - used == coverage.NOT_YET, "NOT_YET is what is not used yet, exactly"


def test_every_directive_is_used_in_every_block_that_it_may_stand_in():
    used = coverage.uses(theme.CONFIG for theme in THEMES.values())
    wanted = coverage.of_the_tables()
    assert wanted - used - coverage.FRONTD_ONLY == coverage.NOT_USED
    assert not used & coverage.FRONTD_ONLY, "nginx takes these, after all"
    assert len(wanted) > 300


def test_every_variable_is_compared():
    theme = THEMES["variables"]
    compared = {*theme.SAME, *theme.FORMS}
    table = coverage.variables_of_the_table()
    missing = {name for name in table
               if name not in compared and not (name.endswith("_") and any(one.startswith(name) for one in compared))}
    assert missing == coverage.EMPTY_VARIABLES
    assert set(coverage.VARIABLES) <= set(table) | compared


def test_whatever_takes_variables_is_used_with_one():
    used = coverage.with_variables(theme.CONFIG for theme in THEMES.values())
    assert coverage.WITH_VARIABLES <= used
    assert not coverage.NO_VARIABLES & used
