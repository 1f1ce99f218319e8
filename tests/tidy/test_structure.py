"""The shape of the code: who may import whom, how long a file and how wide a folder may get."""

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.paths import ROOT

SERVICES = frozenset({"command_api", "query_api", "projector", "notifier", "neighbours"})
OURS = SERVICES | {"contracts", "runtime", "launcher"}
LINES_MAX = 400
TEST_LINES_MAX = 600

FLOORS = {
    package: tuple(floors.split())
    for package, floors in {
        "contracts": """values events journal scoring failure_codes error_codes field_errors errors
            films write_levels shared_rules plans representations notice_reasons notices
            recipients""",
        "runtime": """version local_times prices process pseudonyms traces logs event_stream
            client_leaving confinement
            http calls migration_files
            postgres clickhouse journal progress following auth limits front openapi dead_letters
            outside service""",
        "command_api": """domain image image.sqlite leader renewal http inviting metrics rendering
            settings service main __main__""",
        "projector": """history analysts read_models proof rebuild shapes dead_letters metrics
            service http settings main __main__""",
        "query_api": """edge people chats plans announcements sharing calendars bookings reports
            ratings history my_data analysts dashboard acts figures films streams service
            settings main __main__""",
        "notifier": """state policies.facts rights kinds texts policies planning matching
            delivery publishing.steps store short_links publishing metrics expander
            dispatcher clicks forgetting reader dead_letters http service settings restored
            main __main__""",
        "neighbours": """bodies pages store switches settings services.auth access
            services site app in_process __main__""",
        "launcher": """settings terminal stop_signals connections client data_directory openapi
            inventory analyst_client exports servers documents local_servers rolling profiles
            backups verbs cli""",
    }.items()
}
"""What each package consists of. Imports within a package point to the left only, and every
module stands on one of its floors: under the longest of these names that leads to it."""

FILES_MAX = 12
WIDE_FOLDERS = {
    "projector/read_models/projections": "one file a read model",
    "tests/attack": "one file an attack, numbered as docs/security.md numbers them",
}
"""Folders of more than FILES_MAX modules, with the reason. Others want rooms."""


def python_files(folder: str = ".") -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"{folder}/*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


@cache
def import_graph() -> dict[str, set[str]]:
    """Return the modules of this project, each with those of them that it imports."""
    modules = {module_name(path): path for path in python_files()}
    return {
        name: {found for one in imported_names(path) if (found := module_in(one, modules))}
        for name, path in modules.items()
    }


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported_names(path: Path) -> Iterator[str]:
    """Yield every imported name in full: `a.b.c` for `from a.b import c`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_in(name: str, modules: Container[str]) -> str | None:
    """Return the module that `name` is, or is defined in."""
    return next((one for one in (name, name.rpartition(".")[0]) if one in modules), None)


def floor_of(module: str, floors: tuple[str, ...]) -> int | None:
    """Return the place of the longest floor that `module` stands on."""
    inside = module.partition(".")[2]
    under = [one for one in floors if f"{inside}.".startswith(f"{one}.")]
    return floors.index(max(under, key=len)) if under else None


def climbing(graph: dict[str, set[str]], package: str, floors: tuple[str, ...]) -> list[str]:
    """Return the imports within `package` that point to a higher floor."""
    return sorted(
        f"{module} imports {other}"
        for module, others in graph.items()
        for other in others
        if module.startswith(f"{package}.") and other.startswith(f"{package}.")
        if (floor_of(module, floors) or 0) < (floor_of(other, floors) or 0)
    )


def find_cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, the first one twice, or none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [str(module) for module in error.args[1]]
    return []


def offenders(folder: str, forbidden: frozenset[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files(folder)
        for name in imported_names(path)
        if any(name == one or name.startswith(f"{one}.") for one in forbidden)
    ]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_services_never_import_each_other(service: str) -> None:
    assert offenders(service, (SERVICES - {service}) | {"launcher", "tests"}) == []


def test_contracts_import_nothing_of_ours() -> None:
    assert offenders("contracts", frozenset(OURS - {"contracts"})) == []


def test_runtime_names_no_event_and_no_service() -> None:
    assert offenders("runtime", SERVICES | {"launcher", "contracts.events"}) == []


def test_the_domain_imports_only_contracts() -> None:
    assert offenders("command_api/domain", OURS - {"contracts", "command_api"}) == []


@pytest.mark.parametrize("package", sorted(FLOORS))
def test_imports_within_a_package_point_one_way(package: str) -> None:
    floors = FLOORS[package]
    modules = {name for name in import_graph() if name.startswith(f"{package}.")}
    assert [name for name in modules if floor_of(name, floors) is None] == []
    assert [one for one in floors if not any(floor_of(name, (one,)) == 0 for name in modules)] == []
    assert climbing(import_graph(), package, floors) == []


def test_the_rule_of_floors_finds_an_import_upwards() -> None:
    graph = {
        "p.low.a": {"p.high.b", "p.low.c", "other.high"},
        "p.low.c": {"p.low.odd"},
        "p.low.odd": {"p.low.a"},
        "p.high.b": {"p.low.a"},
    }
    assert climbing(graph, "p", ("low.odd", "low", "high")) == [
        "p.low.a imports p.high.b",
        "p.low.odd imports p.low.a",
    ]
    assert floor_of("p.lower", ("low",)) is None


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert find_cycle(import_graph()) == []


def test_the_rule_of_circles_finds_one() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": set[str]()}
    assert sorted(set(find_cycle(graph))) == ["a", "b", "c"]


def test_the_read_side_never_reads_the_journal() -> None:
    journal = frozenset({"runtime.journal", "runtime.following"})
    assert offenders("query_api", journal) == []


def test_no_file_holds_more_than_one_idea() -> None:
    long = []
    for path in python_files():
        lines = len(path.read_text().splitlines())
        if lines > (TEST_LINES_MAX if (ROOT / "tests") in path.parents else LINES_MAX):
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert long == []


def test_no_folder_holds_more_than_one_looks_through() -> None:
    wide = too_wide(path.relative_to(ROOT) for path in python_files())
    assert set(wide) == set(WIDE_FOLDERS), wide


def test_the_rule_of_folders_counts_modules() -> None:
    full = [Path("a") / f"m{number}.py" for number in range(FILES_MAX)]
    assert too_wide([*full, Path("a/__init__.py"), Path("a/b/m.py")]) == {}
    assert too_wide([*full, Path("a/one_more.py")]) == {"a": FILES_MAX + 1}


def too_wide(paths: Iterable[Path]) -> dict[str, int]:
    """Return the folders with more modules than FILES_MAX, and how many they have."""
    held = Counter(str(path.parent) for path in paths if path.name != "__init__.py")
    return {folder: count for folder, count in held.items() if count > FILES_MAX}


def test_no_module_imports_a_module_of_tests() -> None:
    """What two of them need has a module of its own."""
    tests = {name for name in import_graph() if name.rpartition(".")[2].startswith("test_")}
    found = {(name, one) for name, all_ in import_graph().items() for one in all_ & tests}
    assert {pair for pair in found if not pair[1].startswith("tests.tidy.")} == set()


@pytest.mark.parametrize("kind", ["unit", "integration"])
def test_folders_of_tests_are_those_of_the_source(kind: str) -> None:
    top = ROOT / "tests" / kind
    folders = {path.parent.relative_to(top) for path in python_files(f"tests/{kind}")}
    assert folders
    assert [str(one) for one in folders if not (ROOT / one).is_dir()] == []


def test_package_files_are_empty() -> None:
    full = [path for path in python_files() if path.name == "__init__.py" and path.read_text()]
    assert full == []


def test_no_machine_and_no_registry_is_named() -> None:
    listed = subprocess.run(
        [
            "git",
            "grep",
            "-nIE",
            r"/(root|home)/[a-z]+/|pypi\.org|files\.pythonhosted|"
            r"repo1?\.maven|registry\.npmjs",
            "--",
            ".",
            ":!tests/tidy",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.stdout == ""


def test_the_readme_names_only_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert named
    assert named <= targets


def test_a_migration_of_the_notifier_says_so_in_its_name() -> None:
    """A rebuild forgets all others (docs/operations.md): what was sent is never rebuilt, nor is
    who asked the history."""
    for file in (ROOT / "migrations" / "postgres").glob("*.sql"):
        schemas = set(re.findall(r"\b(notifier|read_model|access)\.\w", file.read_text()))
        kept = {name for name in ("notifier", "access") if name in file.name}
        assert schemas == (kept or {"read_model"}), file.name
