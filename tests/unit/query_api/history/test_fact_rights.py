"""Who may see each fact has been decided, and nobody sees a fact without a decision."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import command_api.domain
from contracts.events.invite_job import InviteJobEvent
from contracts.events.person import PersonSeen
from contracts.events.report import ReportEvent  # Told in the history to nobody.
from contracts.events.stored.domain_event import DomainEvent
from query_api.history.audit_rights import STATED_BESIDE
from query_api.history.fact_rights import DECISION_FACTS, EVENT_FACTS, FactRight, select_allowed

DOMAIN = Path(command_api.domain.__file__).parent
NOT_RECORDED = {"NeedsFact", "StaleVersion", "Malformed", "Forbidden"}


def stated_facts() -> Iterator[tuple[str, str]]:
    """Names of facts in refusals and outcomes of the domain, and where."""
    modules = {path: ast.parse(path.read_text()) for path in sorted(DOMAIN.rglob("*.py"))}
    functions = {
        one.name: one
        for module in modules.values()
        for one in module.body
        if isinstance(one, ast.FunctionDef)
    }
    for path, module in modules.items():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "CommandRefused":
                    given = [*node.args[1:], *(one.value for one in node.keywords)]
                elif node.func.id == "Outcome":
                    given = [one.value for one in node.keywords if one.arg == "facts"]
                else:
                    continue
                for fact in facts_in(given, functions):
                    yield fact, path.name


def facts_in(given: Iterable[ast.AST], functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """Keys of dictionaries, also of those that functions of the domain return."""
    for node in (one for top in given for one in ast.walk(top)):
        if isinstance(node, ast.Dict):
            for key in node.keys:
                assert isinstance(key, ast.Constant), ast.dump(node)
                yield str(key.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            called = functions.get(node.func.id)
            if called is not None and "dict" in ast.dump(called.returns or node):
                yield from facts_in(called.body, functions)


def test_every_fact_of_a_decision_is_listed() -> None:
    """A new one: decide in `query_api.history.fact_rights` whom it is told to."""
    stated = list(stated_facts())
    assert len(stated) > 10, "the search finds them"
    assert [one for one in stated if one[0] not in DECISION_FACTS] == []


IN_NO_HISTORY = (InviteJobEvent, ReportEvent)


def test_every_field_of_an_event_of_an_evening_is_listed() -> None:
    fields = {
        name
        for kind in get_args(DomainEvent)
        if "announcement_id" in kind.__struct_fields__ and not issubclass(kind, IN_NO_HISTORY)
        for name in kind.__struct_fields__
    }
    assert fields - STATED_BESIDE == set(EVENT_FACTS)
    assert PersonSeen in get_args(DomainEvent), "the search finds them"


def test_a_fact_that_is_not_listed_is_told_to_nobody() -> None:
    facts = {"secret": 1, "title": "T"}
    assert select_allowed(facts, EVENT_FACTS, get_args(FactRight)) == {"title": "T"}
    assert select_allowed(facts, DECISION_FACTS, get_args(FactRight)) == {}
    assert select_allowed({"results": []}, DECISION_FACTS, ()) == {}
