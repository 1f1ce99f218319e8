"""Ends a part under test as `kill -9` ends its process: nothing of it runs any further."""


class Killed(Exception):
    """The process is gone."""
