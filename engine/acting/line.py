"""The simulated line with a restaurant that a model plays. It hears the agent's voice and nothing else.

hears, says  as engine.lines.simulated
decides in   actor.py; its ears are a restaurant's own (engine/restaurant/ears.py)
"""

from __future__ import annotations

import os
import sys
from collections import deque
from pathlib import Path
from queue import SimpleQueue

from engine.acting.asking import played
from engine.lines.far_end import FRAME_SAMPLES, Heard
from engine.lines.simulated import play
from engine.protocol import LanguageCode, Spoken
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.restaurant.ears import Ears, Hearing
from engine.scenario import load
from engine.scenario_variables import with_variables
from engine.wiring import House, LinePlan

SILENCE = bytes(2 * FRAME_SAMPLES)


class Listening:
    """An ear that is given the agent's frames as they come, and silence between them."""

    def __init__(self, hearing: Hearing, language: LanguageCode) -> None:
        self._ears = Ears(hearing, language)
        self._frames: deque[bytes] = deque()

    def agent_frame(self, pcm: bytes, now_us: int) -> None:
        """See LineEar."""
        self._frames.append(pcm)

    def spoken(self, report: Spoken) -> None:
        """Words are not told to whoever listens."""

    def heard(self, now_us: int) -> list[Heard]:
        """See Ear; it is asked once for each frame of the line."""
        self._ears.listen(self._frames.popleft() if self._frames else SILENCE)
        return self._ears.heard(now_us)

    def agent_speaks(self, now_us: int) -> bool:
        """See Ear."""
        return bool(self._frames) or self._ears.agent_speaks(now_us)


def start(house: House, more: SimpleQueue[LinePlan | None]) -> None:
    """Open the line in this process. It carries one call; `more` stays empty."""
    assert house.line is not None
    settings = house.settings
    scenario = with_variables(load(Path(house.line.scenario)), house.line.variables)
    folder = folder_of(settings.recognizer, settings.state_path / "models")
    hearing = Hearing(WhisperRecognizer(settings.recognizer, folder))
    with played(scenario, settings.brain, os.environ) as (actor, _):
        play(house, scenario, Listening(hearing, scenario.spoken), actor)
    hearing.close()
    if actor is not None and actor.failure:
        sys.stderr.write(f"The model that plays the restaurant did not answer: {actor.failure}.\n")
