"""A voice's process without a model: `python -m tests.fakes.tone_voice`, tones of 22.05 kHz, 60 ms a character.

Words in the settings' `speaker` make trouble: "refuse" (cannot load), "die" (ends in its second sentence's middle),
"noise" (writes what is no frame), "stump" (an audio frame without its rate),
"slow" (no sound before a second has passed),
"hang" (never gives the third piece), "mute" (says nothing).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.voices import frames
from engine.voices.child import NotHere, Synthesize, serve

RATE_HZ = 22_050
MS_A_CHARACTER = 60


def load(settings: dict[str, Any]) -> Synthesize:
    trouble = settings["speaker"]
    if trouble == "refuse":
        raise NotHere("the file is not there. Put it there.")
    if trouble == "noise":
        os.write(4, b"\xff" * 64)
    said: list[str] = []

    def synthesize(text: str, language: str) -> Iterator[tuple[int, bytes]]:
        print("a library that chats on standard output")
        said.append(text)
        if language == "nl" and trouble == "no nl":
            raise NotHere("there is no voice for nl")
        if trouble == "mute":
            return
        if trouble == "stump":
            os.write(4, frames.HEAD.pack(frames.AUDIO, frames.NUMBER.size) + frames.NUMBER.pack(1))
        if text == "break":
            raise RuntimeError("it broke at a secret")
        if trouble == "slow":
            time.sleep(1.0)
        silence = np.zeros(RATE_HZ // 20, np.int16)
        at = np.arange(RATE_HZ * MS_A_CHARACTER * len(text) // 1000) / RATE_HZ
        pcm = np.concatenate([silence, (8000 * np.sin(2 * np.pi * 330 * at)).astype(np.int16), silence])
        for number, start in enumerate(range(0, pcm.size, RATE_HZ // 10)):
            if number == 2 and len(said) == 2 and trouble == "die":
                os._exit(7)
            if number == 2 and trouble == "hang":
                time.sleep(60)
            yield RATE_HZ, pcm[start : start + RATE_HZ // 10].tobytes()

    return synthesize


if __name__ == "__main__":
    sys.exit(serve(load))
