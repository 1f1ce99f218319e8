"""A clock of seconds that a test sets."""


class SecondsClock:
    """Returns `now`."""

    now = 0.0

    def __call__(self) -> float:
        return self.now
