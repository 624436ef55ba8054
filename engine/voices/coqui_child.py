"""Coqui's process: `python -m engine.voices.coqui_child`, under an interpreter that has coqui-tts and torch.

It gives a sentence whole: the package's interface for every kind of model has no stream. Each model has a licence of
its own; some allow no business use.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.voices.child import NotHere, Synthesize, files_of, interpreter, serve

MODEL_NAMES = ("model.pth", "model_file.pth", "best_model.pth")


def load(settings: dict[str, Any]) -> Synthesize:
    """All voices that are named; each is a folder with a model and its config.json."""
    try:
        import torch  # noqa: F401 - coqui-tts does not bring it by itself
        from TTS.api import TTS
    except ImportError as error:
        raise NotHere(
            f"the package is not installed ({error}). Make an environment for it, run there: "
            "pip install coqui-tts torch torchaudio, and name its interpreter in voice.coqui.python "
            f"(now: {interpreter()})."
        ) from None
    folders = files_of(settings, "voice.coqui.en, .de, .es, .nl")
    made: dict[str, Any] = {}
    for folder in folders.values():  # one model may serve several languages
        if folder not in made:
            made[folder] = TTS(**_parts(Path(folder)), progress_bar=False)
    speaker = settings.get("speaker") or None

    def synthesize(text: str, language: str) -> Iterator[tuple[int, bytes]]:
        if language not in folders:
            raise NotHere(f"there is no voice for {language}. Name a folder in voice.coqui.{language}.")
        model = made[folders[language]]
        wave = model.tts(
            text,
            speaker=speaker if model.is_multi_speaker else None,
            language=language if model.is_multi_lingual else None,
            split_sentences=False,
        )
        yield int(model.synthesizer.output_sample_rate), _int16(wave)

    return synthesize


def _parts(folder: Path) -> dict[str, str]:
    """What TTS() is given for a folder. Raises NotHere."""
    config = folder / "config.json"
    if not config.is_file():
        raise NotHere(f"{config} is missing; it comes with the model. Put the model's files into {folder}.")
    for name in MODEL_NAMES:
        if (folder / name).is_file():
            whole_folder = name == "model.pth" and (folder / "vocab.json").is_file()  # XTTS loads a folder
            return {"model_path": str(folder if whole_folder else folder / name), "config_path": str(config)}
    raise NotHere(f"{folder} holds no model: one of {', '.join(MODEL_NAMES)} must be there.")


def _int16(wave: Any) -> bytes:
    import numpy as np

    return bytes((np.clip(np.asarray(wave, np.float32), -1, 1) * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    sys.exit(serve(load))
