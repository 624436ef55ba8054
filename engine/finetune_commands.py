"""`call-thing finetune …`: approved calls → a file → a model → a comparison → use."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import ExitCode, SettingsError
from engine.finetune_model_commands import compare, status, submit, use
from engine.finetune_options import Epochs, Price, checked_file, tell
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import say

if TYPE_CHECKING:
    from engine.finetune.calls import Recorded

finetune_app = typer.Typer(
    no_args_is_help=True, help="Make a model of calls that were approved, and compare it."
)


@finetune_app.command("approve")
def approve(
    calls: Annotated[
        list[str] | None, typer.Argument(metavar="[CALL]…", help="Names of journals; none = list them.")
    ] = None,
    all_as_expected: Annotated[
        bool, typer.Option("--all-as-expected", help="Every call that ended as its scenario expects.")
    ] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take the approval of these calls back.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", help="Who approves; default: the operator of the settings.")
    ] = "",
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Say of calls that you have read them and that a model may learn from them. Without CALL: list all."""
    from engine.finetune import calls as journals, telling

    chosen = Chosen(settings, state_dir).settings
    there = list(journals.recorded(chosen.state_path))
    if all_as_expected and (withdraw or calls):
        raise SettingsError("--all-as-expected stands alone. Name calls, or give it by itself.")
    wanted = (
        [call for call in there if journals.as_expected(call)]
        if all_as_expected
        else _named(there, calls or [])
    )
    who = by or chosen.console.operator or getpass.getuser()
    for call in wanted:
        if withdraw:
            journals.withdraw(call)
        elif not call.summary:
            raise SettingsError(f"{call.call}: has not come to its end. Approve it when it has.")
        else:
            journals.approve(call, who, datetime.now(UTC))
    names = {call.call for call in wanted}
    shown = [call for call in journals.recorded(chosen.state_path) if not names or call.call in names]
    if all_as_expected and not wanted:
        shown = []
    rows = [telling.of_call(call) for call in shown]
    tell(rows, as_json, [telling.call_line(row) for row in rows] or ["no call"])
    if not names and (lost := journals.unreadable(chosen.state_path)):
        say(f"{len(lost)} journals cannot be read, and nothing is learnt from them: {', '.join(lost)}")


@finetune_app.command("export")
def export(
    folder: Annotated[
        Path, typer.Argument(help="Where train.jsonl, validation.jsonl and examples.json are written.")
    ],
    validation: Annotated[
        float, typer.Option("--validation", min=0, max=0.9, help="Share of the calls kept for measuring.")
    ] = 0.2,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Write the approved calls as training files, with stand-ins for names, numbers and restaurants."""
    from engine.finetune import calls as journals, export as exporting, telling

    state = Chosen(settings, state_dir).settings.state_path
    made, left = exporting.examples(journals.recorded(state))
    if not made and not left:
        raise SettingsError(
            f"No call in {state} is approved. Read some, and approve them: call-thing finetune approve CALL."
        )
    files = exporting.write(folder, made, validation)
    told = telling.of_export(files, left)
    lines = [f"{folder / name}: {count} examples" for name, count in told["files"].items()]
    lines += [f"shortened  {call}: {why}" for call, why in told["shortened"].items()]
    lines += [f"left out   {call}: {why}" for call, why in told["left_out"].items()]
    tell(told, as_json, lines)
    say("read the files before they leave this machine: call-thing finetune check, and your own eyes.")
    raise typer.Exit(ExitCode.OK if made else ExitCode.NOT_AS_EXPECTED)


@finetune_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A file that export has written.")],
    usd_per_million: Price = 0.0,
    epochs: Epochs = 0,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Check a training file: format, tools, limits, doubles, personal data. Exit code 1 if it is not ready."""
    from engine.finetune import telling

    checked = checked_file(file, Chosen(settings, state_dir))
    found = telling.of_check(checked, usd_per_million, epochs)
    tell(found, as_json, telling.check_lines(found))
    raise typer.Exit(ExitCode.OK if checked.ok else ExitCode.NOT_AS_EXPECTED)


for command in (submit, status, use, compare):
    finetune_app.command(command.__name__)(command)


def _named(there: list[Recorded], names: list[str]) -> list[Recorded]:
    """The calls with these names, or the beginnings of them."""
    found = []
    for name in names:
        wanted = Path(name).name
        fitting = [call for call in there if call.call == wanted] or [
            call for call in there if call.call.startswith(wanted)
        ]
        if len(fitting) != 1:
            what = "no such call" if not fitting else f"{len(fitting)} calls begin like this"
            raise SettingsError(f"{name}: {what}. `call-thing finetune approve` lists them.")
        found += fitting
    return found
