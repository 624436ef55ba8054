"""`call-thing import`: somebody else's recording of a telephone call becomes a call of ours."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
import typer

from engine.errors import SettingsError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.replay_commands import Model
from engine.terminal import say, show


def import_(
    file: Annotated[Path, typer.Argument(help="A recording of a telephone call: WAV, FLAC, MP3, Opus, Ogg.")],
    channel: Annotated[
        int | None,
        typer.Option("--channel", min=0, help="The far end's channel, from 0; no other one is taken."),
    ] = None,
    swap: Annotated[bool, typer.Option("--swap", help="Of two channels the second is the far end.")] = False,
    task: Annotated[
        str | None, typer.Option("--task", help="Scenario whose task the call was about, such as de/accepts.")
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="That is spoken: en, de, es, nl.")
    ] = None,
    model: Model = None,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """Make a recording a call like others: to be listed, shown, replayed, held again."""
    from engine.lines.placing import Placement
    from engine.protocol import LANGUAGES
    from engine.recognizers.whisper import SIM_EAR
    from engine.rerun.importing import import_recording, sides_of, unknown_task
    from engine.scenario import find, load

    chosen = Chosen(settings, state_dir, **({"recognizer.model": model} if model is not None else {}))
    if language is not None and language not in LANGUAGES:
        raise SettingsError(f'--language: "{language}" is none of {", ".join(LANGUAGES)}.')
    if channel is not None and swap:
        raise SettingsError("--channel names the far end's channel already; leave --swap out.")
    sides = sides_of(file, channel, swap)
    wanted = unknown_task(language or chosen.settings.language, f"{date.today()}")
    name = ""
    if task is not None:
        path = find(task, language or chosen.settings.language)
        wanted, name = load(path).task, f"{path.absolute().parent.name}/{path.stem}"
        if language is not None:
            wanted = msgspec.structs.replace(wanted, language=cast(Any, language))
    if chosen.settings.recognizer.model == SIM_EAR:
        say(
            "the recogniser sim-ear understands simulated voices alone; for people: --model with a Whisper model."
        )
    folder = import_recording(file, sides, Placement(wanted, name, record=True), chosen.settings)
    if as_json:
        from engine.records.past import past_call
        from engine.records.telling import row_of

        row = row_of(past_call(folder, datetime.now(UTC)))
        show(json.dumps({**row, "folder": str(folder)}, ensure_ascii=False, indent=2))
    else:
        show(folder.name)
        say(f"imported; call-thing calls show {folder.name}")
