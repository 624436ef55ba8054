"""How many calls a machine carries: scenarios' restaurants as recordings, against stub services, in real time.

A recording goes on whatever we say, and playing it costs a hundredth of a core; a restaurant that listens is a process
of its own and would be most of the load.
"""

from __future__ import annotations

import wave
from pathlib import Path

import msgspec
import numpy as np

from engine.brains.scripted import Scripted
from engine.evaluation.finding import Planned
from engine.evaluation.order import Order, from_load
from engine.evaluation.results import Run
from engine.finetune.text_call import TextCall
from engine.lines.placing import RECORDED
from engine.lines.sounds import RestaurantVoice
from engine.protocol import LINE_RATE_HZ, PlaceCall
from engine.scenario_parts import VOICES, Scenario

LEAD_S = 1.5
GAP_S = 4.0  # after what they say: time for our answer
NOISE = 3.0  # of 32768, rms: a line is never quite silent
SEED = 1
SAYS = "restaurant: "


class LoadCalls:
    """Calls to the recorded restaurants. See by_audio.Calls."""

    def __init__(self, orders: list[Order], folder: Path) -> None:
        """Makes the recordings, some tenths of a second each."""
        planned = {order.planned.name: order.planned for order in orders}
        self._recordings = {
            name: recording_of(each, folder / f"{number}.wav")
            for number, (name, each) in enumerate(planned.items())
        }

    def place(self, order: Order) -> PlaceCall | None:
        """See Calls. Always in English, which is what the stub hears."""
        recording, scenario = self._recordings[order.planned.name], order.planned.scenario
        if recording is None or scenario is None:
            return None
        task = msgspec.structs.replace(scenario.task, language="en")
        return PlaceCall(task=task, line=RECORDED, recording=str(recording))

    def judge(self, order: Order, folder: Path) -> Run:
        """See Calls."""
        return from_load(order, folder)


def recording_of(planned: Planned, path: Path) -> Path | None:
    """What the restaurant says in a call that goes well, as a file; None where nobody speaks."""
    scenario = planned.scenario
    texts = said_in(scenario) if scenario is not None else []
    if scenario is None or not texts:
        return None
    voice = RestaurantVoice(scenario.restaurant, VOICES[scenario.spoken])
    pieces = [np.zeros(int(LEAD_S * LINE_RATE_HZ), np.int16)]
    for text in texts:
        pieces += [voice.speak(text).pcm, np.zeros(int(GAP_S * LINE_RATE_HZ), np.int16)]
    pcm = np.concatenate(pieces)
    hiss = np.random.default_rng(SEED).standard_normal(pcm.size) * NOISE
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(LINE_RATE_HZ)
        file.writeframes(np.clip(pcm + hiss, -32768, 32767).astype("<i2").tobytes())
    return path


def said_in(scenario: Scenario) -> list[str]:
    """The restaurant's turns in a conversation in text."""
    call = TextCall(scenario, lambda task, memory: Scripted(task, task.language, memory))
    return [line.removeprefix(SAYS) for line in call.run().said if line.startswith(SAYS)]
