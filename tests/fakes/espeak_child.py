"""espeak-ng behind the frames of a voice in its own process, 100 ms at a time: what Piper would be, without a model."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from engine.settings import VoiceSettings
from engine.voices.child import Synthesize, serve
from engine.voices.espeak import Espeak


def load(settings: dict[str, Any]) -> Synthesize:
    espeak, voices = Espeak(), VoiceSettings()

    def synthesize(text: str, language: str) -> Iterator[tuple[int, bytes]]:
        made = espeak.synthesize(text, getattr(voices, language), voices.rate_wpm)
        for at in range(0, made.pcm.size, made.rate_hz // 10):
            yield made.rate_hz, made.pcm[at : at + made.rate_hz // 10].tobytes()

    return synthesize


if __name__ == "__main__":
    sys.exit(serve(load))
