"""A shape follows from the migrations that make the read models, and from nothing else."""

from pathlib import Path

import pytest

from runtime.postgres.migrations import MIGRATIONS
from runtime.postgres.read_models import makes_read_models, read_shape


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "0001_a.sql").write_text("CREATE SCHEMA read_model; CREATE TABLE read_model.a ();")
    (tmp_path / "0002_notifier.sql").write_text("CREATE SCHEMA notifier;")
    return tmp_path


def test_migrations_of_others_do_not_change_it(directory: Path) -> None:
    before = read_shape(directory)
    (directory / "0003_access.sql").write_text("-- Like public.read_models.")
    assert read_shape(directory) == before
    (directory / "0004_b.sql").write_text("CREATE TABLE read_model.b ();")
    assert read_shape(directory).name != before.name


def test_statements_name_the_schema_that_is_asked_for(directory: Path) -> None:
    shape = read_shape(directory)
    assert shape.schema == f"read_model_{shape.name}"
    assert shape.statements_for("other") == ["CREATE SCHEMA other; CREATE TABLE other.a ();"]


def test_names_of_other_schemas_stay(directory: Path) -> None:
    (directory / "0001_a.sql").write_text("CREATE TABLE read_model.a (x read_model_b.t);")
    assert read_shape(directory).statements_for("c") == ["CREATE TABLE c.a (x read_model_b.t);"]


def test_this_build_has_a_short_name_that_a_schema_can_have() -> None:
    shape = read_shape(MIGRATIONS)
    assert len(shape.name) == 12
    assert shape.name.isalnum()
    assert len(shape.statements) > 30


def test_what_is_never_made_anew_is_in_files_of_its_own() -> None:
    for path in MIGRATIONS.glob("*.sql"):
        content = path.read_bytes()
        if makes_read_models(content):
            assert b" notifier." not in content, path.name
            assert b" access." not in content, path.name
