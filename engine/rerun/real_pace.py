"""A recorded call once more over a real engine, in real time: its file is the far end of the line "recorded"."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from engine.errors import StateError
from engine.options import Chosen
from engine.protocol import PlaceCall
from engine.records.sound import sound_file
from engine.rerun.comparing import compare
from engine.rerun.past_call import PastCall, read_call
from engine.rerun.running import Rerun
from engine.rerun.turns import heard_in
from engine.terminal import say


def rerun_at_real_pace(
    past: PastCall, file: Path | None, chosen: Chosen, corrected: Mapping[int, str]
) -> Rerun:
    """file: of settings, as it was given. An engine of its own, in a folder of its own, ends with it.

    Unlike in virtual time a hang-up of ours ends the call, and what the line said then is not said again.
    Raises EngineError, CallRefused, StateError.
    """
    with tempfile.TemporaryDirectory(prefix="call-thing-rerun-") as folder:
        models = chosen.settings.state_path / "models"
        if models.is_dir():
            (Path(folder) / "models").symlink_to(models)
        aside = Chosen(file, Path(folder))
        began = time.monotonic()
        journal, took_s = asyncio.run(_held(past, aside))
        now = read_call(journal)
        heard = heard_in(now.events, now.clock_us, now.media)
    then = heard_in(past.events, past.clock_us, past.media)
    comparison = compare(then, heard, past.task.language, corrected)
    starting_s = time.monotonic() - began - took_s
    return Rerun(past.folder.name, then, heard, past.seconds, took_s, starting_s, True, "agent", comparison)


async def _held(past: PastCall, chosen: Chosen) -> tuple[Path, float]:
    from engine.follow import follow
    from engine.launch import engine_client

    sound = sound_file(past.folder)
    if sound is None:
        raise StateError(f"{past.folder.name} has no recording.")
    task = msgspec.structs.replace(past.task, called_back=False)
    place = PlaceCall(line="recorded", recording=str(sound.absolute()), channel=0, task=task)
    async with engine_client(chosen.settings, chosen.arguments, say) as client:
        followed = await follow(client, past.folder, None, place)
    return Path(followed.journal), followed.wall_s
