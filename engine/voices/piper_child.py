"""Piper's process: `python -m engine.voices.piper_child`. Piper is GPL-3: it is loaded here and nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.voices.child import NotHere, Synthesize, files_of, interpreter, serve


def load(settings: dict[str, Any]) -> Synthesize:
    """All voices that are named; each is an .onnx file with its .onnx.json beside it."""
    try:
        from piper import PiperVoice, SynthesisConfig
    except ImportError as error:
        raise NotHere(
            f"the package is not installed ({error}). Run: {interpreter()} -m pip install 'call-thing[piper]', "
            "or name an interpreter that has it in voice.piper.python."
        ) from None
    paths = files_of(settings, "voice.piper.en, .de, .es, .nl")
    for path in paths.values():
        if not Path(f"{path}.json").is_file():
            raise NotHere(f"{path}.json is missing; it comes with the voice. Put it beside the .onnx file.")
    voices = {code: PiperVoice.load(path) for code, path in paths.items()}
    speaker = settings.get("speaker") or ""
    if speaker and not speaker.isdigit():
        raise NotHere(
            f'voice.piper.speaker = "{speaker}" must be a number: the speaker\'s place in the model.'
        )
    configuration = SynthesisConfig(speaker_id=int(speaker) if speaker else None)

    def synthesize(text: str, language: str) -> Iterator[tuple[int, bytes]]:
        if language not in voices:
            raise NotHere(f"there is no voice for {language}. Name a file in voice.piper.{language}.")
        for part in voices[language].synthesize(text, syn_config=configuration):
            yield part.sample_rate, part.audio_int16_bytes

    return synthesize


if __name__ == "__main__":
    sys.exit(serve(load))
