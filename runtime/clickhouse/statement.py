"""What kind of statement SQL of somebody else's is: one that reads, and answers to us.

This is not what keeps it from doing harm: the account or the confinement under which it
runs does, whatever is named in it. It gives better reasons, and keeps clauses out that
would direct the answer elsewhere or change its form. What the lexer does not know is
refused, not guessed at.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from runtime.clickhouse.port import QueryRefused

BEGINNINGS: Final = frozenset({"select", "with", "describe", "desc", "show", "exists", "explain"})
CLAUSES: Final = frozenset({"into", "outfile", "settings", "format"})

_LEXER: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<text>'(?:[^'\\]|\\.|'')*')
    |(?P<quoted>"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`)
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>[0-9][A-Za-z0-9_.]*)
    |(?P<sign>-(?!-)|/(?!\*)|[+*%=<>!|&?:,.()\[\]{};])
    """,
    re.VERBOSE | re.DOTALL,
)


class SqlToken(NamedTuple):
    kind: str
    text: str

    @property
    def word(self) -> str:
        """In lower case; empty for anything but a bare word."""
        return self.text.lower() if self.kind == "word" else ""


def demand_question(sql: str) -> None:
    """Raises QueryRefused, with the reason, unless `sql` is one statement that reads."""
    tokens = list(_tokens(sql))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens or tokens[0].word not in BEGINNINGS:
        raise QueryRefused(f"a question begins with one of {', '.join(sorted(BEGINNINGS))}")
    for token, following in zip(tokens, [*tokens[1:], SqlToken("end", "")], strict=True):
        if token.text == ";":
            raise QueryRefused("one statement at a time")
        if token.word in CLAUSES and following.text != "(":
            raise QueryRefused(f"{token.text.upper()} is not for questions")


def _tokens(sql: str) -> Iterator[SqlToken]:
    place = 0
    while place < len(sql):
        found = _LEXER.match(sql, place)
        if found is None:
            raise QueryRefused(f"not understood: {sql[place : place + 20]!r}")
        place = found.end()
        kind = found.lastgroup or ""
        if kind != "space":
            yield SqlToken(kind, found[0])
