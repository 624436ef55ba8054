"""The adapter of faster-whisper, on the small recogniser and on a model of Whisper's form that knows nothing."""

from __future__ import annotations

import json
import re

import msgspec
import numpy as np
import pytest

from engine.errors import ModelError
from engine.recognizers import whisper
from engine.recognizers.hardware import Hardware, Machine, as_text, choose, this_machine
from engine.recognizers.whisper import (
    SHORT,
    SIM_EAR_FOLDER,
    WhisperRecognizer,
    hardware_for,
    hint,
    token_limit,
    window_of,
)
from engine.recognizers.windows import pieces
from engine.settings import RecognizerSettings
from tests.fakes.far_ends import noise, silence, speech
from tests.fakes.untrained_whisper import untrained_whisper

UNTRAINED = RecognizerSettings(model="untrained")


class Watched:
    """CTranslate2's model, and what it was asked."""

    def __init__(self, model) -> None:
        self.model = model
        self.encoded: list[int] = []  # frames
        self.asked: list[tuple[list[int], int]] = []  # prompt, longest result
        self.languages: list[tuple[str, float]] = []  # said instead of its own

    def encode(self, features, **named):
        self.encoded.append(features.shape[-1])
        return self.model.encode(features, **named)

    def generate(self, encoded, prompts, **named):
        self.asked.append((prompts[0], named["max_length"]))
        return self.model.generate(encoded, prompts, **named)

    def detect_language(self, encoded):
        return [self.languages] if self.languages else self.model.detect_language(encoded)

    def __getattr__(self, name):
        return getattr(self.model, name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return untrained_whisper(tmp_path_factory.mktemp("whisper"))


def watched(settings: RecognizerSettings, folder) -> tuple[WhisperRecognizer, Watched]:
    recognizer = WhisperRecognizer(settings, folder)
    seen = Watched(recognizer._model.model)
    recognizer._model.model = seen
    return recognizer, seen


@pytest.fixture
def ear():
    return watched(RecognizerSettings(), SIM_EAR_FOLDER)


@pytest.mark.parametrize("language", [None, "de"])
def test_audio_is_encoded_once_for_language_and_words(folder, language):
    recognizer, seen = watched(UNTRAINED, folder)
    recognizer.transcribe(noise(2000, -20.0), language)
    assert len(seen.encoded) == 1
    recognizer.transcribe(noise(2000, -20.0, seed=2), language)
    assert len(seen.encoded) == 2


def test_small_recogniser_encodes_once_too(ear):
    recognizer, seen = ear
    pcm = speech("Guten Abend, was kann ich für Sie tun?", "de")
    found = recognizer.transcribe(pcm, None)
    assert found.language == "de"
    assert found.languages["de"] > 0.9
    assert len(seen.encoded) == len(pieces(pcm, SHORT)) > 1


@pytest.mark.parametrize(
    ("seconds", "settings", "frames"),
    [
        (2, {}, 1000),
        (12, {}, 1400),
        (14, {"window_margin_ms": 20_000}, 3000),
        (2, {"window": "whole"}, 3000),
        (2, {"window": "speech", "window_floor_ms": 4000}, 402),
        (3, {"window": "speech", "window_floor_ms": 4000, "window_margin_ms": 2500}, 552),
    ],
)
def test_a_whisper_looks_at_the_utterance_and_a_margin(folder, seconds, settings, frames):
    recognizer, seen = watched(RecognizerSettings(model="untrained", **settings), folder)
    recognizer.transcribe(noise(seconds * 1000, -20.0), "en")
    assert seen.encoded == [pytest.approx(frames, abs=2)]


@pytest.mark.parametrize("window", ["auto", "speech", "whole"])
def test_the_small_recogniser_always_gets_its_whole_window(window):
    recognizer, seen = watched(RecognizerSettings(window=window), SIM_EAR_FOLDER)
    recognizer.transcribe(speech("A table for two, please."), "en")
    assert set(seen.encoded) == {400}


def test_a_verdict_beside_the_model_decides_where_the_settings_do_not(tmp_path):
    assert window_of(UNTRAINED, tmp_path).cropped
    (tmp_path / "window.json").write_text(json.dumps({"window": "whole"}))
    assert not window_of(UNTRAINED, tmp_path).cropped
    assert window_of(RecognizerSettings(window="speech"), tmp_path).cropped
    (tmp_path / "window.json").write_text("{")
    with pytest.raises(ModelError, match="--keep"):
        window_of(UNTRAINED, tmp_path)


def test_the_language_is_one_of_ours_however_sure_a_model_is_of_another(folder):
    recognizer, seen = watched(UNTRAINED, folder)
    seen.languages = [("<|fr|>", 0.8), ("<|nl|>", 0.09), ("<|af|>", 0.08), ("<|de|>", 0.03)]
    found = recognizer.transcribe(noise(2000, -20.0), None)
    assert found.language == "nl"
    assert found.languages == pytest.approx({"en": 0.0, "de": 0.25, "es": 0.0, "nl": 0.75})
    assert seen.asked[0][0][1] == recognizer._model.hf_tokenizer.token_to_id("<|nl|>")


def test_a_language_that_is_known_is_not_asked_for(folder):
    recognizer, seen = watched(UNTRAINED, folder)
    seen.languages = [("<|es|>", 1.0)]
    found = recognizer.transcribe(noise(2000, -20.0), "de")
    assert (found.language, dict(found.languages)) == ("de", {})


def test_a_model_of_english_alone_is_not_asked_for_the_language(folder, monkeypatch):
    recognizer, seen = watched(UNTRAINED, folder)
    monkeypatch.setattr(seen, "is_multilingual", False, raising=False)
    found = recognizer.transcribe(noise(2000, -20.0), None)
    assert (found.language, dict(found.languages)) == ("en", {"en": 1.0})


def test_probabilities_of_an_utterance_before_are_not_told_again(folder):
    recognizer, _ = watched(UNTRAINED, folder)
    recognizer.transcribe(noise(2000, -20.0), None)
    assert not recognizer.transcribe(noise(2000, -20.0), "de").languages


@pytest.mark.parametrize(("ms", "limit"), [(300, 32), (2000, 40), (15_000, 144)])
def test_a_decoder_writes_no_more_than_the_audio_can_hold(folder, ms, limit):
    assert token_limit(ms * 16) == limit
    recognizer, seen = watched(UNTRAINED, folder)
    recognizer.transcribe(noise(ms, -20.0), "en")
    (prompt, longest), *_ = seen.asked
    assert longest - len(prompt) == limit


def test_a_long_hint_and_long_speech_fit_a_model(folder):
    recognizer, seen = watched(UNTRAINED, folder)
    recognizer.transcribe(noise(31_000, -20.0), "en", ["Ångström-Żółkiewski"] * 40)
    assert len(seen.asked) > 2
    assert max(longest for _, longest in seen.asked) <= 448


def test_a_whisper_is_told_the_names_before_the_words(folder):
    recognizer, seen = watched(UNTRAINED, folder)
    recognizer.transcribe(noise(2000, -20.0), "en", ["Trattoria Roma", "", "Walker"])
    prompt = seen.asked[0][0]
    tokenizer = recognizer._model.hf_tokenizer
    assert prompt[0] == tokenizer.token_to_id("<|startofprev|>")
    before = prompt[1 : prompt.index(tokenizer.token_to_id("<|startoftranscript|>"))]
    assert tokenizer.decode(before).strip() == "Trattoria Roma, Walker"


@pytest.mark.parametrize("names", [(), ("",)])
def test_without_names_there_is_no_hint(folder, names):
    recognizer, seen = watched(UNTRAINED, folder)
    recognizer.transcribe(noise(2000, -20.0), "en", names)
    assert seen.asked[0][0][0] == recognizer._model.hf_tokenizer.token_to_id("<|startoftranscript|>")


def test_names_are_not_told_where_the_settings_say_so_or_a_model_never_learnt_it(folder, ear):
    for recognizer, seen in (watched(RecognizerSettings(model="untrained", names=False), folder), ear):
        recognizer.transcribe(noise(2000, -20.0), "en", ["Walker"])
        assert seen.asked[0][0][0] == recognizer._model.hf_tokenizer.token_to_id("<|startoftranscript|>")


def test_a_hint_is_not_endless():
    told = hint(["a restaurant with a long name"] * 20) or ""
    assert 100 < len(told) <= whisper.NAMES_CHARACTERS
    assert set(re.findall(r"\w+", told)) <= {"a", "restaurant", "with", "long", "name"}  # none is cut in two
    assert hint(["", ""]) is None


SENTENCES = (
    "Good evening, what can I do for you?", "We have a table for four people on Friday.", "At what time would that be?",
    "The kitchen closes at ten.", "May I have your name, please?", "Thank you, see you on Saturday.",
)  # fmt: skip


def test_speech_longer_than_the_window_loses_no_words(ear):
    recognizer, _ = ear
    spoken = [part for text in SENTENCES * 3 for part in (speech(text), silence(150))]
    long = np.concatenate(spoken)
    assert long.size > 30 * 16_000
    text = recognizer.transcribe(long, "en").text
    for word in ("evening", "friday", "kitchen", "name", "saturday"):
        assert text.count(word) == 3, text


def test_the_words_of_a_beginning_are_not_looked_for_again_while_somebody_speaks_on(ear):
    recognizer, seen = ear
    long = np.concatenate([part for text in SENTENCES for part in (speech(text), silence(200))])
    partials = [recognizer.transcribe(long[: n * 16_000], "en").text for n in range(1, long.size // 16_000)]
    assert len(seen.encoded) <= len(partials) + 2 * len(SENTENCES)
    assert partials[-1].startswith(partials[3].rsplit(" ", 4)[0])


def test_a_pause_within_a_turn_does_not_swallow_what_follows(ear):
    recognizer, _ = ear
    for gap in (150, 400, 700):
        pcm = np.concatenate([speech(SENTENCES[3]), silence(gap), speech(SENTENCES[5])])
        text = recognizer.transcribe(pcm, "en").text
        assert "kitchen" in text and "saturday" in text, (gap, text)


@pytest.mark.parametrize("pcm", [silence(0), silence(10), noise(20, -20.0), silence(3000)], ids=len)
def test_audio_that_is_short_or_silent_breaks_nothing(folder, ear, pcm):
    assert ear[0].transcribe(pcm, None).text == ""
    assert 0 <= WhisperRecognizer(UNTRAINED, folder).transcribe(pcm, None).confidence <= 1


TYPES = {
    "cpu": frozenset({"int8", "int8_float32", "float32"}),
    "cuda": frozenset({"float32", "float16", "int8_float16", "int8"}),
}
NO_GPU, GPU = Machine(0, {"cpu": TYPES["cpu"]}), Machine(1, TYPES)
OLD_GPU = Machine(1, {**TYPES, "cuda": frozenset({"float32", "int8_float32", "int8"})})


@pytest.mark.parametrize(
    ("machine", "device", "compute_type", "chosen"),
    [
        (NO_GPU, "auto", "auto", ("cpu", "int8")),
        (GPU, "auto", "auto", ("cuda", "float16")),
        (OLD_GPU, "auto", "auto", ("cuda", "int8_float32")),
        (GPU, "cpu", "auto", ("cpu", "int8")),
        (GPU, "cuda", "int8_float16", ("cuda", "int8_float16")),
        (NO_GPU, "auto", "float32", ("cpu", "float32")),
    ],
)
def test_a_model_runs_where_it_runs_best(machine, device, compute_type, chosen):
    settings = RecognizerSettings(device=device, compute_type=compute_type)
    assert choose(settings, machine) == Hardware(*chosen)


@pytest.mark.parametrize(
    ("machine", "device", "compute_type", "said"),
    [(NO_GPU, "cuda", "auto", "no CUDA device"), (NO_GPU, "auto", "float16", "float32, int8")],
)
def test_what_a_machine_cannot_do_is_refused_with_what_it_can(machine, device, compute_type, said):
    with pytest.raises(ModelError, match=said):
        choose(RecognizerSettings(device=device, compute_type=compute_type), machine)


def test_the_small_recogniser_wants_no_gpu(monkeypatch):
    monkeypatch.setattr(whisper, "this_machine", lambda: GPU)
    assert hardware_for(RecognizerSettings()).device == "cpu"
    assert hardware_for(RecognizerSettings(model="small")).device == "cuda"


def test_this_machine_can_do_int8():
    machine = this_machine()
    assert "int8" in machine.types["cpu"]
    assert as_text(machine).startswith("cpu: ")


def test_a_gpu_that_does_not_work_is_done_without(folder, monkeypatch, caplog):
    real, tried = whisper._load, []

    def load(folder, hardware):
        tried.append(hardware)
        if hardware.device == "cuda":
            raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")
        return real(folder, hardware)

    monkeypatch.setattr(whisper, "this_machine", lambda: GPU)
    monkeypatch.setattr(whisper, "_load", load)
    assert WhisperRecognizer(UNTRAINED, folder).hardware == Hardware("cpu", "int8")
    assert [each.device for each in tried] == ["cuda", "cpu"]
    assert "libcublas" in caplog.text
    with pytest.raises(ModelError, match="libcublas"):
        WhisperRecognizer(msgspec.structs.replace(UNTRAINED, device="cuda"), folder)
