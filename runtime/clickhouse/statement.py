"""Checks that an operator's own SQL is one statement that reads and returns its result to us.

This check does not keep the SQL from doing harm: the account or the confinement under which
it runs does that. The check gives better reasons for refusals, keeps out clauses that would
send the result elsewhere or change its form, and closes the databases of the engine itself.
Text that the lexer does not know is refused, not guessed at. So is an escape in a quoted name,
which might spell a closed one. So is a function in the place of a table, unless we know it to
be harmless: many take names of databases, files or addresses as computed text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from runtime.clickhouse.names import (
    HARMLESS_TABLES,
    LISTS,
    REACHING,
    REACHING_BEGINNINGS,
    REACHING_TABLES,
)
from runtime.clickhouse.port import QueryRefused

BEGINNINGS: Final = frozenset({"select", "with", "describe", "desc", "show", "exists", "explain"})
CLAUSES: Final = frozenset({"into", "outfile", "settings", "format"})
CLOSED_DATABASES: Final = frozenset({"system", "information_schema"})
"""On old servers every account can read them, with the texts of running queries."""

SHOWN: Final = frozenset(
    {"columns", "databases", "fields", "index", "indexes", "indices", "keys", "tables"}
)
"""Words that may follow SHOW. Others list settings, accounts and running queries."""

CREATED: Final = frozenset({"table", "view"})
"""Words that may follow SHOW CREATE."""

BEFORE_DATABASE: Final = frozenset({"from", "in", "database"})
BEFORE_TABLE: Final = frozenset(
    {"from", "join", "in", "table", "describe", "desc", "function", "override"}
)
AFTER_TABLES: Final = frozenset(
    [
        "select",
        "where",
        "prewhere",
        "group",
        "having",
        "order",
        "limit",
        "window",
        "qualify",
        "offset",
        "fetch",
        "union",
        "except",
        "intersect",
    ]
)
"""Words that end the list of tables after FROM."""

NOT_ONLY_TABLES: Final = frozenset({"extract", "trim", "substring", "substr"})
"""Functions with an argument after FROM."""

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


END: Final = SqlToken("end", "")
"""Stands before the first token and after the last one."""


def demand_question(sql: str) -> None:
    """Raises QueryRefused with the reason unless `sql` is one statement that reads."""
    tokens = list(_split_into_tokens(sql))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens or tokens[0].word not in BEGINNINGS:
        raise QueryRefused(f"a question begins with one of {', '.join(sorted(BEGINNINGS))}")
    if tokens[0].word == "show":
        _demand_harmless_list([token.word for token in tokens[1:]])
    before = END
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        if token.text == ";":
            raise QueryRefused("one statement at a time")
        if token.word in CLAUSES and following.text != "(":
            raise QueryRefused(f"{token.text.upper()} is not for questions")
        if token.name in CLOSED_DATABASES and (
            following.text == "." or before.word in BEFORE_DATABASE
        ):
            raise QueryRefused(f"the database {token.name} is not for questions")
        if token.name in REACHING or token.name.startswith(REACHING_BEGINNINGS):
            raise QueryRefused(f"{token.name} is not for questions")
        if token.name in REACHING_TABLES and following.text == "(":
            raise QueryRefused(f"the table function {token.name} is not for questions")
        before = token
    for name in _functions_as_tables(tokens):
        if name not in HARMLESS_TABLES:
            raise QueryRefused(f"the table function {name} is not for questions")


def _demand_harmless_list(words: list[str]) -> None:
    while words and words[0] in ("full", "extended"):
        words = words[1:]
    if not words:
        raise QueryRefused("SHOW needs to know what")
    if words[0] == "create":
        if not CREATED & {*words[1:2]}:
            raise QueryRefused("SHOW CREATE is for tables and views")
    elif words[0] not in SHOWN:
        raise QueryRefused(f"SHOW {words[0].upper()} is not for questions")


@dataclass(slots=True)
class _Bracket:
    """Collects facts on the text since a bracket was opened."""

    opener: str = ""
    """The function whose bracket it is, if any."""

    selects: bool = False
    lists_tables: bool = False
    """We are between FROM and what ends its list, where a comma joins tables."""


def _functions_as_tables(tokens: list[SqlToken]) -> Iterator[str]:
    """Yield the names of functions that stand where a table may stand."""
    open_ones = [_Bracket()]
    for_table = False
    before = before_that = END
    for token, following in zip(tokens, [*tokens[1:], END], strict=True):
        here = open_ones[-1]
        opens = following.text == "("
        is_list = token.word in ("select", "with", "table") or (
            before.word == "in" and token.name in LISTS
        )
        if for_table and opens and token.name and not is_list:
            yield token.name
        is_keyword = bool(token.word) and before.text != "." and before.word != "as"
        if token.text == "(":
            # Brackets around a table; those after IN are around values.
            for_table = for_table and before.word != "in"
            open_ones.append(_Bracket(before.name))
        elif token.text == ")":
            for_table = False
            if len(open_ones) > 1:
                open_ones.pop()
        elif token.text == ",":
            for_table = here.lists_tables
        elif token.word in BEFORE_TABLE and before.text != ".":
            for_table = _precedes_table(token.word, here, before, before_that)
            if token.word in ("from", "join"):
                here.lists_tables = for_table
        else:
            for_table = False
            if is_keyword and token.word in AFTER_TABLES:
                here.lists_tables = False
            here.selects = here.selects or token.word == "select"
        before, before_that = token, before


def _precedes_table(word: str, here: _Bracket, before: SqlToken, before_that: SqlToken) -> bool:
    """Return whether a table follows `word`."""
    if word == "join":  # Of an array, unless that is the name of a table.
        return before.word != "array" or before_that.word in ("as", "from", "join")
    if word == "from":
        return here.opener not in NOT_ONLY_TABLES or here.selects or before.text == "("
    return True


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
