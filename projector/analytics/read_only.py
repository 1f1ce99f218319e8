"""What SQL of somebody else's may say. A second lock: ClickHouse itself runs it read-only.

The engine's read-only mode stops writing, but still lets a query read files of the
machine, write its answer to a file, or end other queries. So only one SELECT (or a
statement that describes) passes, without clauses that direct the output or the settings,
and without functions that reach outside the database. What this small lexer does not know
is refused, not guessed at.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class NotReadOnly(ValueError):
    """The statement may change something or reach outside; the message says where."""


BEGINNINGS: Final = frozenset({"select", "with", "describe", "desc", "show", "exists", "explain"})
CLAUSES: Final = frozenset({"into", "outfile", "settings", "format"})
OUTSIDE: Final = frozenset(
    {
        "arrowstream", "azureblobstorage", "azureblobstoragecluster", "bigquery",
        "catboostevaluate", "cluster", "clusterallreplicas", "cosn", "deltalake",
        "deltalakeazure", "deltalakeazurecluster", "deltalakecluster", "deltalakelocal",
        "deltalakes3", "deltalakes3cluster", "dictionary", "eval", "executable", "file",
        "filecluster", "filesystem", "fuzzjson", "fuzzquery", "gcs", "getclienthttpheader",
        "hdfs", "hdfscluster", "hudi", "hudicluster", "input", "jdbc", "loop", "merge",
        "mongodb", "mysql", "odbc", "oss", "postgresql", "prometheusquery",
        "prometheusqueryrange", "python", "redis", "remote", "remotesecure", "s3", "s3cluster",
        "showcertificate", "sleep", "sleepeachrow", "sqlite", "url", "urlcluster",
        "viewexplain", "viewifpermitted", "ytsaurus",
    }
)  # fmt: skip
"""By name and wherever they stand: a table function may follow FROM, JOIN, a comma or
DESCRIBE, and FROM is also part of `extract` and `trim`. A test goes through all table
functions of the engine, so that one which is new to it does not pass unseen."""
OUTSIDE_FAMILIES: Final = ("ai", "iceberg", "mergetree", "paimon", "timeseries")
"""Names that begin so and go on with a capital letter (`icebergS3`), or are just that."""

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


class Token(NamedTuple):
    kind: str
    text: str

    @property
    def word(self) -> str:
        """In lower case; empty for what is not a bare word."""
        return self.text.lower() if self.kind == "word" else ""


def demand_read_only(sql: str) -> None:
    """Raises NotReadOnly."""
    tokens = list(_tokens(sql))
    while tokens and tokens[-1].text == ";":
        tokens.pop()
    if not tokens or tokens[0].word not in BEGINNINGS:
        raise NotReadOnly(f"a question begins with one of {', '.join(sorted(BEGINNINGS))}")
    for token, following in zip(tokens, [*tokens[1:], Token("end", "")], strict=True):
        _demand_harmless(token, following)


def _demand_harmless(token: Token, following: Token) -> None:
    if token.text == ";":
        raise NotReadOnly("one statement at a time")
    called = following.text == "("
    if token.word in CLAUSES and not called:
        raise NotReadOnly(f"{token.text.upper()} is not for questions")
    if token.word in ("from", "join") and following.kind == "text":
        raise NotReadOnly("a table has a name, not a path")
    if called and token.kind in ("word", "quoted") and _reaches_outside(token.text.strip('`"')):
        raise NotReadOnly(f"{token.text} reaches outside the database")


def _reaches_outside(name: str) -> bool:
    lower = name.lower()
    return lower in OUTSIDE or any(_in_family(name, family) for family in OUTSIDE_FAMILIES)


def _in_family(name: str, family: str) -> bool:
    rest = name[len(family) :]
    return name.lower().startswith(family) and (not rest or not rest[0].islower())


def _tokens(sql: str) -> Iterator[Token]:
    place = 0
    while place < len(sql):
        found = _LEXER.match(sql, place)
        if found is None:
            raise NotReadOnly(f"not understood: {sql[place : place + 20]!r}")
        place = found.end()
        kind = found.lastgroup or ""
        if kind != "space":
            yield Token(kind, found[0])
