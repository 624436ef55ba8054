"""`call-thing replay` and `case`: calls of the past once more, and a moment of one as a regression case."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec
import typer

from engine.errors import CallRefused, ExitCode, SettingsError, StateError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from engine.rerun.comparing import Difference
    from engine.rerun.past_call import PastCall
    from engine.rerun.running import How, Rerun

CASES = "cases"  # in the state directory
OneCall = Annotated[
    str, typer.Argument(help="A call's name or the beginning of it, or the folder of a call or case.")
]
Model = Annotated[
    str | None,
    typer.Option("--model", help="Recogniser's model, in the place of recognizer.model of the settings."),
]
Source = Literal["recorded", "settings"]


def replay(
    call: OneCall,
    rerun: Annotated[
        bool,
        typer.Option(
            "--rerun", help="Feed the recorded far end into today's engine, and compare turn by turn."
        ),
    ] = False,
    real_pace: Annotated[
        bool, typer.Option("--real-pace", help="With --rerun: over a real engine, in real time.")
    ] = False,
    as_json: AsJson = False,
    corrected: Annotated[
        Path | None,
        typer.Option(
            "--corrected", help="What was really said: lines of TURN: WORDS. Default: corrected.txt there."
        ),
    ] = None,
    draft: Annotated[
        Path | None,
        typer.Option("--draft", help="Write the words of then into such a file, to be corrected."),
    ] = None,
    recognizer: Annotated[
        str, typer.Option("--recognizer", help="Whose words: settings (today's) or recorded (those of then).")
    ] = "settings",
    cache: Annotated[
        str,
        typer.Option(
            "--cache", help="Replies served: recorded (those of then) or settings (a copy of today's)."
        ),
    ] = "recorded",
    ours: Annotated[
        str | None,
        typer.Option("--ours", help="Our side: agent (today's), or recorded, to judge hearing alone."),
    ] = None,
    model: Model = None,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Show a recorded call in the console; or hold it again. Exit code 1: something came out differently."""
    chosen = _chosen(settings, state_dir, model)
    folder = _folder(chosen, call)
    if draft is not None:
        _write_draft(folder, draft)
        return
    if not rerun:
        if real_pace or as_json or corrected is not None:
            raise SettingsError("--real-pace, --json and --corrected are for --rerun. Add it.")
        _show_in_console(chosen, settings, folder)
    how = _how(recognizer, cache, ours)
    found, differences, language = _rerun(chosen, settings, folder, how, corrected, real_pace)
    from engine.rerun.telling import as_json as fields, table

    if as_json:
        show(json.dumps(fields(found, language, differences), ensure_ascii=False, indent=2))
    else:
        for line in table(found, differences):
            show(plain(line))
    matter = found.comparison.differences if differences is None else differences
    raise typer.Exit(ExitCode.NOT_AS_EXPECTED if matter else ExitCode.OK)


def case(
    call: OneCall,
    mark: Annotated[
        int | None, typer.Option("--mark", min=1, help="Which of the moments marked in the console, from 1.")
    ] = None,
    at: Annotated[
        float | None, typer.Option("--at", min=0, help="The moment instead, in seconds of the recording.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="What it is about, for people.")] = "",
    words: Annotated[
        str | None, typer.Option("--words", help="What was really said there; default: as it was heard.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="What was heard in several turns there was one: it was cut off.")
    ] = False,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to put the case's folder into; default: cases/ there.")
    ] = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Make a moment of a call a regression case, which `call-thing replay --rerun CASE` checks."""
    from engine.rerun.case_making import Wish, make, mark_of
    from engine.rerun.past_call import read_call

    chosen = Chosen(settings, state_dir)
    if (mark is not None) and (at is not None):
        raise SettingsError("--mark and --at both name a moment. Leave one of them out.")
    past = read_call(_folder(chosen, call))
    at_ms, said = (round(at * 1000), "") if at is not None else mark_of(past, mark)
    parent = to or chosen.settings.state_path / CASES
    target = parent / f"{past.folder.name}-at-{at_ms / 1000:.1f}s"
    try:
        parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(
            f"{parent}: cannot be made ({error.strerror}). Name another folder with --to."
        ) from None
    made = make(past, at_ms, Wish(words, whole, note or said), target)
    if as_json:
        told = {"case": made.name, "folder": str(made.folder), **msgspec.to_builtins(made.told)}
        show(json.dumps(told, ensure_ascii=False, indent=2))
        return
    show(str(made.folder))
    for each in made.told.expected:
        say(
            f'expected from {each.start_ms / 1000:.2f} to {each.end_ms / 1000:.2f} s: "{each.words}", not cut off'
        )


def _chosen(file: Path | None, state_dir: Path | None, model: str | None) -> Chosen:
    return Chosen(file, state_dir, **({"recognizer.model": model} if model is not None else {}))


def _folder(chosen: Chosen, name: str) -> Path:
    """Of a call or a case. Raises SettingsError, and CallRefused while it goes on."""
    from engine.journal import EVENTS
    from engine.records.past import find, past_calls

    for folder in (Path(name), chosen.settings.state_path / CASES / name):
        if (folder / EVENTS).is_file():
            return folder
    if re.search(r"[/\\]", name):
        raise SettingsError(f"{name} holds no call: there is no {EVENTS} in it.")
    found = find(past_calls(chosen.settings.state_path, datetime.now(UTC)), name)
    if found.in_progress:
        raise CallRefused(f"{found.name} goes on. Wait until it has ended.")
    return found.folder


def _how(recognizer: str, cache: str, ours: str | None) -> How:
    from engine.rerun.running import How

    for flag, value, there in (
        ("--recognizer", recognizer, ("settings", "recorded")),
        ("--cache", cache, ("settings", "recorded")),
        ("--ours", ours or "agent", ("agent", "recorded")),
    ):
        if value not in there:
            raise SettingsError(f'{flag}: "{value}" is none of {", ".join(there)}.')
    return How(cast(Source, recognizer), cast(Source, cache), cast(Any, ours))


def _show_in_console(chosen: Chosen, file: Path | None, folder: Path) -> None:
    from engine.console_command import console_command

    flags = [f"--replay={folder.absolute()}", *([f"--settings={file}"] if file is not None else [])]
    command = console_command(chosen, *flags)
    os.execv(command[0], command)  # it takes our place: signals and the terminal are its own


def _write_draft(folder: Path, path: Path) -> None:
    from engine.rerun.corrected import draft
    from engine.rerun.past_call import read_call
    from engine.rerun.turns import heard_in

    past = read_call(folder)
    text = draft(heard_in(past.events, past.clock_us, past.media).turns)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SettingsError(f"{path} is there already. Name another file with --draft.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written ({error.strerror}).") from None
    say(f"written: correct it, then call-thing replay {folder.name} --rerun --corrected {path}")


def _rerun(
    chosen: Chosen, file: Path | None, folder: Path, how: How, corrected: Path | None, real_pace: bool
) -> tuple[Rerun, list[Difference] | None, Any]:
    """What came of it, what is not as a case expects (None: it is no case), and the call's language."""
    from engine.rerun.case import held, is_case, load
    from engine.rerun.corrected import CORRECTED, read_corrected
    from engine.rerun.past_call import read_call
    from engine.rerun.running import rerun

    if is_case(folder) and not real_pace:
        case = load(folder)
        found, unmet = held(case, chosen.settings, how)
        return found, unmet, case.past.task.language
    past: PastCall = read_call(folder)
    path = corrected or (folder / CORRECTED if (folder / CORRECTED).is_file() else None)
    words = read_corrected(path) if path is not None else {}
    if real_pace:
        from engine.rerun.real_pace import rerun_at_real_pace

        return rerun_at_real_pace(past, file, chosen, words), None, past.task.language
    return rerun(past, chosen.settings, how, words), None, past.task.language
