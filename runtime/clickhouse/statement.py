"""Checks that an operator's own SQL is one statement that reads and returns its result to us.

This check does not keep the SQL from doing harm: the account or the confinement under which
it runs does that. The check gives better reasons for refusals, and keeps out clauses that
would send the result elsewhere or change its form. Text that the lexer does not know is
refused, not guessed at. So is an escape in a quoted name, which might spell a closed one.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from runtime.clickhouse.port import QueryRefused

BEGINNINGS: Final = frozenset({"select", "with", "describe", "desc", "show", "exists", "explain"})
CLAUSES: Final = frozenset({"into", "outfile", "settings", "format"})
CLOSED_DATABASES: Final = frozenset({"system", "information_schema"})
"""On old servers every account can read them, with the texts of running queries."""

CLOSED_LISTS: Final = frozenset({"processlist"})
"""What SHOW lists of these databases: the texts of running queries."""

_LEXER: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>"[^"\\]*"|`[^`\\]*`)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][A-Za-z0-9_.]*)
    |(?P<sign>-(?!-)|/(?!\*)|[+*%=<>!|&?:,.()\[\]{};])
    """,
    re.VERBOSE | re.DOTALL,
)


class SqlToken(NamedTuple):
    """A piece of SQL that is not space."""

    kind: str
    text: str

    @property
    def word(self) -> str:
        """The token in lower case if it is a bare word; empty otherwise."""
        return self.text.lower() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The token in lower case, without quotes, if it can be a name; empty otherwise."""
        return self.text.strip('"`').lower() if self.kind in ("word", "quoted") else ""


def demand_question(sql: str) -> None:
    """Raises QueryRefused with the reason unless `sql` is one statement that reads."""
    tokens = list(_split_into_tokens(sql))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens or tokens[0].word not in BEGINNINGS:
        raise QueryRefused(f"a question begins with one of {', '.join(sorted(BEGINNINGS))}")
    for token, following in zip(tokens, [*tokens[1:], SqlToken("end", "")], strict=True):
        if token.text == ";":
            raise QueryRefused("one statement at a time")
        if token.word in CLAUSES and following.text != "(":
            raise QueryRefused(f"{token.text.upper()} is not for questions")
        if token.word in CLOSED_LISTS and tokens[0].word == "show":
            raise QueryRefused(f"SHOW {token.text.upper()} is not for questions")
        if token.name in CLOSED_DATABASES and following.text == ".":
            raise QueryRefused(f"the database {token.name} is not for questions")


def _split_into_tokens(sql: str) -> Iterator[SqlToken]:
    place = 0
    while place < len(sql):
        found = _LEXER.match(sql, place)
        if found is None:
            raise QueryRefused(f"not understood: {sql[place : place + 20]!r}")
        place = found.end()
        kind = found.lastgroup or ""
        if kind != "space":
            yield SqlToken(kind, found[0])
