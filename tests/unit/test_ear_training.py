"""The ear's training: it goes on where it was broken off, and what is exported is what was trained."""

from __future__ import annotations

import json
from random import Random

import numpy as np
import pytest

from engine.evaluation.word_errors import errors
from engine.protocol import LANGUAGES
from tools.ear import clip, tokens
from tools.ear.speaker import Speaker

torch = pytest.importorskip("torch", reason="torch is not installed: training alone needs it (make ear)")

from tools.ear import augment, batches, train as training  # noqa: E402 after torch
from tools.ear.export import export  # noqa: E402
from tools.ear.listening import edits  # noqa: E402
from tools.ear.model import Ear, Shape  # noqa: E402
from tools.ear.muon import orthogonal  # noqa: E402

SHAPE = Shape(width=32, heads=2, encoder_layers=2, decoder_layers=2)
SAID = {"en": "good evening", "de": "guten abend", "es": "buenas noches", "nl": "goedenavond"}
STEPS = 6


class BrokenOff(Exception):
    """Somebody has pulled the plug."""


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory) -> tokens.Vocabulary:
    folder = tmp_path_factory.mktemp("vocabulary")
    return tokens.trained([*SAID.values()] * 3, folder)


@pytest.fixture(scope="module")
def made() -> list[clip.Clip]:
    speaker = Speaker()
    found = [
        clip.spoken_clip(speaker, SAID[code], code if code != "en" else "en-us", code, Random(seed))
        for code in LANGUAGES
        for seed in range(6)
    ]
    return [each for each in found if each is not None]


@pytest.fixture(scope="module")
def phonemes(made) -> list[str]:
    return batches.phoneme_names(made)


@pytest.fixture(scope="module")
def ready(made, vocabulary, phonemes) -> list[batches.Ready]:
    numbers = {name: number for number, name in enumerate(phonemes)}
    return [batches.ready(each, vocabulary, numbers) for each in made]


def ear_of(vocabulary: tokens.Vocabulary, phonemes: list[str]) -> Ear:
    torch.manual_seed(3)
    return Ear(SHAPE, vocabulary.spoken, len(phonemes)).eval()


# --- batches ------------------------------------------------------------------------------------------


def test_a_batch_asks_for_each_text_and_its_end_after_the_prompt(ready, vocabulary):
    batch = batches.collate(ready[:5], vocabulary, Random(1), whole=False, guess=False)
    for row, each in enumerate(ready[:5]):
        wanted = [token for token in batch.targets[row, batches.PROMPT - 1 :].tolist() if token >= 0]
        assert wanted == [*each.tokens.tolist(), vocabulary.id("endoftext")]
        assert batch.tokens[row, : batches.PROMPT].tolist() == vocabulary.prompt(each.language)
        assert batch.targets[row, 0] == vocabulary.id(each.language)
        assert (batch.features[row, :, each.features.shape[1] :] == 0).all()


def test_a_whole_batch_fills_the_window(ready, vocabulary):
    assert batches.collate(ready[:2], vocabulary, Random(1), whole=True).features.shape[2] == 400


def test_every_clip_is_in_one_batch_of_a_pass(ready, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_FRAMES", 400)
    for epoch in range(2):
        places = [place for batch in batches.plan(ready, 5, epoch) for place in batch]
        assert sorted(places) == list(range(len(ready)))
    assert batches.plan(ready, 5, 0) == batches.plan(ready, 5, 0) != batches.plan(ready, 5, 1)


# --- going on -----------------------------------------------------------------------------------------


def test_batches_after_a_break_are_those_that_would_have_come(ready, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_FRAMES", 400)
    plan = training.Plan(SHAPE, 20, 9)

    def thrown(first: int) -> list[tuple[list[str], bool, float]]:
        steps = training._steps(plan, ready, first)
        return [([each.text for each in some], whole, dice.random()) for some, whole, dice in steps]

    whole = thrown(0)
    assert len(whole) == 20 and any(each[1] for each in whole)
    for first in (1, 7, 19):
        assert thrown(first) == whole[first:]


def test_a_training_that_was_broken_off_comes_to_the_same_weights(
    ready, vocabulary, phonemes, tmp_path, monkeypatch
):
    monkeypatch.setattr(batches, "BATCH_FRAMES", 400)
    monkeypatch.setattr(augment, "NOISES", 3)
    monkeypatch.setattr(training, "CHECKPOINT_S", -1.0)  # after every step
    monkeypatch.setattr(training, "TOLD_S", -1.0)
    monkeypatch.setattr(training, "device_at_hand", lambda: torch.device("cpu"))
    plan = training.Plan(SHAPE, STEPS, 4)

    def run(name: str, break_at: int) -> Ear:
        def told(news: training.Told) -> None:
            if news.step == break_at:
                raise BrokenOff

        return training.train(plan, ready, {}, vocabulary, len(phonemes), tmp_path / name, told)

    at_once = run("once", 0)
    with pytest.raises(BrokenOff):
        run("broken", 3)
    assert torch.load(tmp_path / "broken")["step"] == 3
    later = run("broken", 0)
    for (name, one), other in zip(at_once.named_parameters(), later.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-6), name
    fresh = Ear(SHAPE, vocabulary.spoken, len(phonemes))
    assert not torch.allclose(fresh.conv1.weight, at_once.conv1.weight, atol=1e-4)


def test_the_rate_rises_stays_and_falls():
    plan = training.Plan(SHAPE, 4000, seed=1)
    rates = [training.rate(step, plan) for step in range(4000)]
    assert rates[0] < rates[149] == training.RATE == max(rates)
    falling = rates[int(4000 * training.DECAY_FROM) + 1 :]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] >= training.RATE * training.LAST_RATE_SHARE * 0.99


def test_weights_of_an_earlier_training_are_gone_on_with_and_the_rate_only_falls(tmp_path):
    plan = training.Plan(SHAPE, 4000, seed=1, start=tmp_path / "checkpoint.pt")
    rates = [training.rate(step, plan) for step in range(4000)]
    assert rates[149:] == sorted(rates[149:], reverse=True)
    assert rates[-1] < rates[2000] < rates[149] <= training.RATE


def test_noise_changes_the_clip_and_nothing_behind_its_end(ready, vocabulary, monkeypatch):
    monkeypatch.setattr(augment, "NOISES", 3)
    change = augment.Augmenter(1, torch.device("cpu"))
    batch = batches.collate(ready[:6], vocabulary, Random(1), whole=True)
    changed, again = (
        change(batch.features, batch.lengths, torch.Generator().manual_seed(2), 1.0) for _ in range(2)
    )
    assert torch.equal(changed, again) and changed.shape == batch.features.shape
    for row, length in enumerate(batch.lengths.tolist()):
        assert not changed[row, :, length:].any()
        assert torch.isfinite(changed[row]).all()
        assert not torch.allclose(changed[row, :, :length], batch.features[row, :, :length], atol=1e-3)


def test_muon_steps_are_about_equally_long_in_every_direction():
    torch.manual_seed(2)
    for rows, columns in ((6, 6), (4, 16), (16, 4)):
        matrices = torch.randn(3, rows, columns)
        for before, after in zip(matrices, orthogonal(matrices), strict=True):
            sizes = torch.linalg.svdvals(after)
            assert float(sizes.min()) > 0.3 and float(sizes.max()) < 1.4
            assert float((before * after).sum()) > 0  # downhill is downhill still


def test_wrong_words_are_counted_as_the_benchmark_counts_them():
    pairs = [("a table for two", "a table for"), ("a b c", "x a b c"), ("one two", ""), ("one", "one")]
    for said, heard in pairs:
        assert edits(said.split(), heard.split()) == errors(said, heard, "en").wrong


# --- export -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(vocabulary, phonemes, tmp_path_factory):
    """The ear, and the same one as CTranslate2 loads it."""
    import ctranslate2

    folder = tmp_path_factory.mktemp("exported")
    tokens.trained([*SAID.values()] * 3, folder)
    ear = ear_of(vocabulary, phonemes)
    export(ear, vocabulary, folder / "tokenizer.json", folder / "model", quantization="float32")
    loaded = ctranslate2.models.Whisper(str(folder / "model"), device="cpu", compute_type="float32")
    return ear, loaded, folder / "model"


def window_of(each: batches.Ready) -> np.ndarray:
    found = np.zeros((1, 80, 400), np.float32)
    found[0, :, : each.features.shape[1]] = each.features
    return found


def test_what_is_exported_hears_as_the_trained_model_does(exported, ready):
    import ctranslate2

    ear, loaded, _ = exported
    for each in ready[:3]:
        features = window_of(each)
        wanted = ear.encode(torch.from_numpy(features)).detach().numpy()
        heard = np.array(loaded.encode(ctranslate2.StorageView.from_array(features)))
        assert np.abs(heard - wanted).max() < 1e-3


def test_what_is_exported_tells_languages_as_the_trained_model_does(exported, ready, vocabulary):
    import ctranslate2

    ear, loaded, _ = exported
    assert loaded.is_multilingual
    features = window_of(ready[0])
    start = torch.tensor([[vocabulary.id("startoftranscript")]])
    logits = ear.decode(start, ear.encode(torch.from_numpy(features)))[0][0, -1]
    shares = torch.softmax(logits[[vocabulary.id(code) for code in LANGUAGES]], 0).tolist()
    wanted = {f"<|{code}|>": share for code, share in zip(LANGUAGES, shares, strict=True)}
    (told,) = loaded.detect_language(ctranslate2.StorageView.from_array(features))
    assert dict(told) == pytest.approx(wanted, abs=1e-4)


def test_what_is_exported_writes_as_the_trained_model_does(exported, ready, vocabulary):
    import ctranslate2

    ear, loaded, _ = exported
    for each in ready[:4]:
        features = window_of(each)
        heard = ear.encode(torch.from_numpy(features))
        wanted, prompt = [], vocabulary.prompt(each.language)
        for _ in range(10):
            logits = ear.decode(torch.tensor([[*prompt, *wanted]]), heard)[0][0, -1]
            wanted.append(int(logits.argmax()))
        (found,) = loaded.generate(
            ctranslate2.StorageView.from_array(features),
            [prompt],
            beam_size=1,
            max_length=len(prompt) + 2 * len(wanted),
            suppress_blank=False,
            suppress_tokens=[],
        )
        ids = found.sequences_ids[0][: len(wanted)]
        end = vocabulary.id("endoftext")
        assert ids == (wanted[: wanted.index(end)] if end in wanted else wanted)


def test_an_exported_folder_has_what_faster_whisper_reads(exported, vocabulary):
    _, _, folder = exported
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "config.json", "model.bin", "preprocessor_config.json", "tokenizer.json", "vocabulary.json",
    }  # fmt: skip
    features = json.loads((folder / "preprocessor_config.json").read_text())
    assert (features["hop_length"], features["chunk_length"], features["feature_size"]) == (320, 8, 80)
    config = json.loads((folder / "config.json").read_text())
    assert config["lang_ids"] == [vocabulary.id(code) for code in LANGUAGES]
    assert config["suppress_ids"] == []
