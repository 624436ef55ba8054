"""The programs that load Piper and Coqui, run for real against stand-ins of the two packages with the same interface.

The packages themselves bring torch, or a licence that is not ours, and are not installed for tests.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from engine.protocol import LINE_RATE_HZ
from engine.settings import ProcessVoiceSettings, VoiceSettings
from engine.voices.base import VoiceError
from engine.voices.process import ProcessVoice

PATIENT = VoiceSettings(first_audio_ms=20_000, sentence_ms=30_000)

PIPER = """
import dataclasses, pathlib
import numpy as np

@dataclasses.dataclass
class SynthesisConfig:
    speaker_id: int | None = None

@dataclasses.dataclass
class AudioChunk:
    sample_rate: int
    audio_int16_bytes: bytes

class PiperVoice:
    @staticmethod
    def load(model_path):
        assert pathlib.Path(f"{model_path}.json").is_file()
        return PiperVoice()

    def synthesize(self, text, syn_config=None):
        for sentence in text.split(". "):
            tone = np.sin(np.arange(len(sentence) * 1323) / 8) * (8000 if syn_config.speaker_id is None else 4000)
            yield AudioChunk(22050, tone.astype(np.int16).tobytes())
"""

COQUI = """
import types
import numpy as np

class TTS:
    def __init__(self, model_path=None, config_path=None, progress_bar=True):
        print("a model talks while it is loaded")
        assert model_path and config_path and not progress_bar
        self.is_multi_speaker, self.is_multi_lingual = True, "xtts" in str(model_path)
        self.synthesizer = types.SimpleNamespace(output_sample_rate=24000)

    def tts(self, text, speaker=None, language=None, split_sentences=True):
        print(" > Text:", text)
        assert speaker == "Ana" and (language is not None) == self.is_multi_lingual
        return list(0.3 * np.sin(np.arange(len(text) * 1440) / 8))
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "TTS").mkdir()
    for name, code in (("piper.py", PIPER), ("torch.py", ""), ("TTS/__init__.py", ""), ("TTS/api.py", COQUI)):
        (tmp_path / name).write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def voice(engine: str, **own: str) -> ProcessVoice:
    return ProcessVoice(engine, msgspec.structs.replace(PATIENT, **{engine: ProcessVoiceSettings(**own)}))


def seconds(voice: ProcessVoice, text: str, language="en") -> float:
    try:
        return sum(piece.pcm.size for piece in voice.say(text, language)) / LINE_RATE_HZ
    finally:
        voice.close()


def piper_file(folder: Path) -> str:
    for name in ("en.onnx", "en.onnx.json"):
        (folder / name).write_text("{}")
    return str(folder / "en.onnx")


def coqui_folder(folder: Path, name: str, *files: str) -> str:
    (folder / name).mkdir()
    for file in files:
        (folder / name / file).write_text("{}")
    return str(folder / name)


def test_piper_speaks_with_the_file_that_is_named(packages: Path):
    file = piper_file(packages)
    assert seconds(voice("piper", en=file), "Good evening. A table please.") == pytest.approx(
        0.06 * 27, abs=0.03
    )
    assert seconds(voice("piper", en=file, speaker="3"), "Good evening.") == pytest.approx(
        0.06 * 13, abs=0.03
    )


def test_a_language_without_a_piper_voice_is_named(packages: Path):
    with pytest.raises(VoiceError, match=r"Name a file in voice\.piper\.nl"):
        seconds(voice("piper", en=piper_file(packages)), "Goedenavond.", "nl")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({}, r"no voice is named\. Set voice\.piper\.en"),
        ({"en": "/nowhere/en.onnx"}, "the voice for en is not there: /nowhere/en.onnx"),
        ({"en": "{folder}/alone.onnx"}, r"alone\.onnx\.json is missing"),
        ({"en": "{file}", "speaker": "Ana"}, "must be a number"),
    ],
)
def test_what_is_wrong_with_pipers_settings_is_said_with_the_next_step(packages: Path, own, words):
    (packages / "alone.onnx").write_text("")
    named = {key: value.format(folder=packages, file=piper_file(packages)) for key, value in own.items()}
    with pytest.raises(VoiceError, match=words):
        seconds(voice("piper", **named), "Good evening.")


@pytest.mark.parametrize(
    ("name", "files"),
    [("vits", ["model_file.pth"]), ("xtts", ["model.pth", "vocab.json"])],
    ids=["one language", "many"],
)
def test_coqui_speaks_with_the_folder_that_is_named_whatever_it_prints(packages: Path, name, files):
    folder = coqui_folder(packages, name, "config.json", *files)
    assert seconds(voice("coqui", en=folder, speaker="Ana"), "Good evening.") == pytest.approx(0.78, abs=0.03)


@pytest.mark.parametrize(
    ("files", "words"), [(["model.pth"], "config.json is missing"), (["config.json"], "holds no model")]
)
def test_what_a_coqui_folder_lacks_is_said(packages: Path, files, words):
    with pytest.raises(VoiceError, match=words):
        seconds(voice("coqui", en=coqui_folder(packages, "half", *files)), "Good evening.")


def test_a_package_that_breaks_while_it_speaks_does_not_betray_the_sentence(packages: Path):
    folder = coqui_folder(packages, "vits", "config.json", "model.pth")
    with pytest.raises(VoiceError, match="AssertionError") as told:
        seconds(voice("coqui", en=folder, speaker="Nobody"), "Anna Berg")
    assert "Anna" not in str(told.value)
