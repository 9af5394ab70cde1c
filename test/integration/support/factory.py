"""What a fixture gives to its tests instead of one actor: a function that makes as many as they need."""


def starts(kind, started, start=lambda made: made):
    """Makes each by kind(…) and notes it in `started`, for the fixture's end, before it is started by
    start(it): so one that does not come up is ended, too."""

    def make(*arguments, **options):
        made = kind(*arguments, **options)
        started.append(made)
        return start(made)

    return make
