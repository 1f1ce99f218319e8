"""The verbs about questions that analysts save for each other: `practix analysts list`, `show`,
`save` and `delete`. A question is a file of SQL with the header of a ready one."""

from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from launcher.verbs.analysts import AsJson, BaseUrl, Connect, RunToEnd
from launcher.verbs.ask import print_questions
from query_api.analysts.questions import read_saved, write_saved
from runtime.http.harmless_text import escape_controls

Name = Annotated[str, typer.Argument(help="Name of a question.")]
BYTES_MAX: Final = 100_000
"""More than any question may have."""


def register(group: typer.Typer, connect: Connect, run: RunToEnd) -> None:
    """Add the verbs to the group `analysts`."""

    @group.command("list")
    def list_verb(as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """List the saved questions."""
        questions = run(connect(base_url).list_questions())
        print_questions([one for one in questions if one["saved_at"]], as_json=as_json)

    @group.command("show")
    def show_verb(name: Name, as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """Print a ready or saved question as a file that `save` takes."""
        question = run(connect(base_url).find_question(name))
        if as_json:
            print(msgspec.json.encode(question).decode())
            return
        try:
            written = write_saved(question)
        except ValueError as error:
            raise typer.BadParameter(f"{error}; --json prints it", param_hint="NAME") from error
        print("\n".join(map(escape_controls, written.splitlines())))

    @group.command("save")
    def save_verb(
        file: Annotated[Path, typer.Argument(help="SQL with a header, as `show` prints it.")],
        name: Annotated[
            str | None, typer.Option(help="By default that of the header, or of the file.")
        ] = None,
        as_json: AsJson = False,
        base_url: BaseUrl = None,
    ) -> None:
        """Save a question for all analysts, in the place of one with its name. It is asked once
        first."""
        named, body = _read(file)
        chosen = name or named or file.stem
        is_new = run(connect(base_url).save_question(chosen, body))
        _report(chosen, "saved", as_json=as_json, is_new=is_new)

    @group.command("delete")
    def delete_verb(name: Name, as_json: AsJson = False, base_url: BaseUrl = None) -> None:
        """Delete a saved question."""
        run(connect(base_url).delete_question(name))
        _report(name, "deleted", as_json=as_json)


def _read(file: Path) -> tuple[str | None, dict[str, Any]]:
    try:
        if file.stat().st_size > BYTES_MAX:
            raise ValueError("it is too large for a question")
        return read_saved(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error


def _report(name: str, done: str, *, as_json: bool, **more: Any) -> None:
    said = {"name": name, done: True, **more}
    print(msgspec.json.encode(said).decode() if as_json else f"{done} {escape_controls(name)}")
