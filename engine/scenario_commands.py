"""`call-thing scenarios …`: what there is to play, and whether the simulator's ear can hear it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import ExitCode, SettingsError
from engine.options import AsJson
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from engine.scenario_words import Checked

scenarios_app = typer.Typer(
    invoke_without_command=True, help="List the scenarios there are; check those that you write."
)


@scenarios_app.callback()
def scenarios(
    context: typer.Context,
    lang: Annotated[str | None, typer.Option("--lang", help="Only this language.")] = None,
) -> None:
    """List the scenarios there are, or check some: `scenarios check`."""
    if context.invoked_subcommand is not None:
        return
    from engine.protocol import LANGUAGES
    from engine.scenario import listing, load

    if lang is not None and lang not in LANGUAGES:
        raise SettingsError(
            f'--lang: "{lang}" is no language of this program. There are: {", ".join(LANGUAGES)}.'
        )
    for path in listing():
        if lang in (None, path.parent.name):
            show(f"{path.parent.name}/{path.stem:<24}{load(path).title}")


@scenarios_app.command()
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="Scenarios: en/accepts, a language, a file, a folder. None: all."
        ),
    ] = None,
    ear: Annotated[
        Path | None,
        typer.Option("--ear", help="Folder of another small recogniser, with its words.json."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what is wrong with scenario files, and which of their words the simulator's recogniser cannot know.

    Exit code 1 if any file has a mistake or such a word.
    """
    from engine.recognizers.lexicon import lexicon_of
    from engine.recognizers.whisper import SIM_EAR_FOLDER
    from engine.scenario_words import check_words, files_of

    lexicon = lexicon_of(ear or SIM_EAR_FOLDER)
    checked = [check_words(path, lexicon) for path in files_of(paths or [])]
    bad = [each for each in checked if not each.good]
    if as_json:
        show(json.dumps([_as_row(each) for each in checked], ensure_ascii=False, indent=2))
    else:
        for each in bad:
            for line in lines_of(each):
                show(plain(line))
        say(
            f"{len(checked) - len(bad)} of {len(checked)} scenarios load, and the ear knows all of their words."
        )
        if any(each.unknown for each in bad):
            say("Say it in other words, or teach the ear new ones: docs/ear.md.")
    raise typer.Exit(ExitCode.NOT_AS_EXPECTED if bad else ExitCode.OK)


def lines_of(checked: Checked) -> list[str]:
    """What is wrong with a file: a line for its mistake, or one for each field with words that are not known."""
    if checked.mistake:
        return [checked.mistake]
    by_field: dict[tuple[int, str, str], list[str]] = {}
    for each in checked.unknown:
        by_field.setdefault((each.line, each.field, each.language), []).append(each.word)
    return [
        f"{checked.path}:{line}: {field}: the ear does not know ({language}): {', '.join(words)}"
        for (line, field, language), words in by_field.items()
    ]


def _as_row(checked: Checked) -> dict[str, object]:
    unknown = [each._asdict() for each in checked.unknown]
    return {"file": str(checked.path), "good": checked.good, "mistake": checked.mistake, "unknown": unknown}
