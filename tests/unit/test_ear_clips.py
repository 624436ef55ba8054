"""Training clips: labels that agree with the audio, files that are made once, tokens that spell every text."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import numpy as np
import pytest

from engine.protocol import LANGUAGES
from engine.recognizers.lexicon import written
from tools.ear import clip, mixture, shards, tokens
from tools.ear.clip import Clip
from tools.ear.speaker import Speaker

ROOT = Path(__file__).parents[2]
TEXT = "Good evening, how can I help you?"
LABEL = "good evening how can i help you"


@pytest.fixture(scope="module")
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture(scope="module")
def clips(speaker) -> list[Clip]:
    """One sentence, by many dice."""
    found = [clip.spoken_clip(speaker, TEXT, "en-us", "en", Random(seed)) for seed in range(40)]
    return [each for each in found if each is not None]


def test_a_clip_s_label_is_the_whole_text_or_the_words_up_to_a_cut(clips):
    assert len(clips) == 40
    whole = [each for each in clips if each.text == LABEL]
    cut = [each for each in clips if each.text != LABEL]
    assert len(whole) > 20 and cut
    for each in cut:
        assert LABEL.startswith(each.text)
        assert each.text == "" or LABEL[len(each.text)] == " "  # a word counts as a whole, or not


def test_every_character_has_a_time_within_the_clip(clips):
    for each in clips:
        assert each.ends_ms.shape == (len(each.text) + 1,)
        assert (np.diff(each.ends_ms) >= 0).all()
        assert each.ends_ms[0] >= 0 and each.ends_ms[-1] <= each.features.shape[1] * clip.FRAME_MS + 1


def test_a_voice_that_is_cut_has_fewer_frames_the_fewer_words_it_has(clips):
    by_words = {len(each.text.split()): [] for each in clips}
    for each in clips:
        by_words[len(each.text.split())].append(each.ends_ms[-1] - each.ends_ms[0])
    assert np.mean(by_words[7]) > np.mean(by_words[min(by_words)])


def test_phonemes_cover_the_frames_of_the_voice_and_no_others(clips):
    for each in clips:
        assert len(each.phonemes) == (each.features.shape[1] + 1) // 2
        named = np.flatnonzero(np.array(each.phonemes, object) != "")
        assert all(each.phonemes[i].startswith("en:") for i in named)
        begins, over = each.ends_ms[0] / clip.LABEL_MS, each.ends_ms[-1] / clip.LABEL_MS
        assert named[0] >= begins - 1
        if each.text == LABEL:
            assert named[-1] <= over and named.size > 0.7 * (over - begins)


def test_features_are_those_of_faster_whisper_for_the_clip_s_own_length(clips):
    for each in clips:
        assert each.features.shape[0] == 80 and each.features.dtype == np.float16
        assert each.features.shape[1] <= clip.FRAMES_AT_MOST


def test_a_text_without_words_and_one_that_is_too_long_make_no_clip(speaker):
    assert clip.spoken_clip(speaker, "...", "en-us", "en", Random(1)) is None
    assert clip.spoken_clip(speaker, "nine hundred " * 30, "en-us", "en", Random(3)) is None


@pytest.mark.parametrize("end_ms", [0, 95, 99, 100, 195, 400])
def test_a_word_counts_once_nearly_all_of_it_was_heard(end_ms):
    label, begins = "one two", np.array([0, 30, 60, 100, 110, 140, 170, 200])
    kept, times = clip._until(label, begins, end_ms)
    assert kept == ("" if end_ms < 90 else "one" if end_ms < 190 else "one two")
    assert times.size == len(kept) + 1 and times.max() <= end_ms


def test_clips_in_which_nobody_speaks_have_no_words_and_no_phonemes():
    made = clip._nobody("de", Random(4))
    assert (made.text, made.language) == ("", "de")
    assert not any(made.phonemes) and made.ends_ms.tolist() == [0]


def test_espeak_s_phonemes_begin_one_after_the_other_within_the_voice(speaker):
    said = speaker.say("Guten Abend", "de", 160, 50, 50)
    starts = [ms for ms, _ in said.phonemes]
    assert starts == sorted(starts) and len(starts) >= 9
    assert starts[-1] <= 1000 * said.pcm.size / said.rate_hz
    assert [place for _, place in said.words] == [0, 6]


SPEAK = """
import hashlib, sys
from tools.ear.speaker import Speaker
speaker = Speaker(int(sys.argv[1]))
voices = ("en-us", "es+f2", "de+Mario", "nl+klatt2")
print(hashlib.sha256(b"".join(speaker.say("vier o 3", each, 160, 50, 50).pcm.tobytes() for each in voices)).hexdigest())
"""


def test_the_same_seed_speaks_the_same_samples_in_every_run():
    seeds = ("7", "7", "8")
    one, again, other = (
        subprocess.run([sys.executable, "-c", SPEAK, seed], cwd=ROOT, capture_output=True, check=True).stdout
        for seed in seeds
    )
    assert one == again != other


# --- files --------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch) -> None:
    monkeypatch.setattr(shards, "CLIPS", 4)
    monkeypatch.setattr(shards, "ProcessPoolExecutor", lambda max_workers: ThreadPoolExecutor(1))


def test_files_that_are_there_are_not_made_again(tmp_path, small):
    told: list[tuple[int, int]] = []
    shards.build(tmp_path, 2, 11, lambda done, count: told.append((done, count)))
    first, second = (tmp_path / shards.name_of(number) for number in range(2))
    before, words = first.read_bytes(), [each.text for each in shards.read(second)]
    assert told == [(0, 2), (1, 2), (2, 2)]
    second.unlink()
    (tmp_path / f"{shards.name_of(1)}.part.npz").write_bytes(b"broken off")
    told.clear()
    shards.build(tmp_path, 2, 11, lambda done, count: told.append((done, count)))
    assert told == [(1, 2), (2, 2)]
    assert first.read_bytes() == before
    assert [each.text for each in shards.read(second)] == words
    assert sorted(path.name for path in tmp_path.iterdir()) == [shards.name_of(0), shards.name_of(1)]


def test_a_file_has_its_clips_in_turns_of_the_languages_and_another_seed_has_others(tmp_path, small):
    texts = []
    for seed in (11, 12):
        shards.build(tmp_path / str(seed), 1, seed, lambda done, count: None)
        found = list(shards.read(tmp_path / str(seed) / shards.name_of(0)))
        assert [each.language for each in found] == list(LANGUAGES)
        texts.append([each.text for each in found])
    assert texts[0] != texts[1]


def test_clips_come_back_from_arrays_as_they_were(clips, tmp_path):
    np.savez(tmp_path / "some.npz", **shards.stored(clips[:5])._asdict())
    for before, after in zip(clips[:5], shards.read(tmp_path / "some.npz"), strict=True):
        assert (before.text, before.language, before.phonemes) == (after.text, after.language, after.phonemes)
        assert np.array_equal(before.features, after.features)
        assert np.array_equal(before.ends_ms, after.ends_ms)


# --- tokens -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory) -> tokens.Vocabulary:
    dice = Random(2)
    texts = [written(mixture.sentence(code, dice))[0] for code in LANGUAGES for _ in range(60)]
    return tokens.trained(texts, tmp_path_factory.mktemp("tokens"))


@pytest.mark.parametrize(
    "text",
    [LABEL, "straße für zwölf ärger", "¿a", "één o'neill well-known", "Привет", "x", "日本"],
)
def test_every_text_is_spelled_by_tokens_also_what_no_sentence_had(vocabulary, text):
    ids, spans = vocabulary.encoded(text)
    assert vocabulary.text(ids) == text
    assert max(ids) < vocabulary.pieces and len(spans) == len(ids)


def test_tokens_know_the_characters_they_stand_for(vocabulary):
    _, spans = vocabulary.encoded(LABEL)
    assert spans[0][0] == 0 and spans[-1][1] == len(LABEL)
    assert "".join(LABEL[first:last] for first, last in spans) == LABEL
    assert vocabulary.encoded("") == ([], [])


def test_special_tokens_stand_where_ctranslate2_and_faster_whisper_look_for_them(vocabulary):
    names = vocabulary.tokens
    assert names[vocabulary.pieces] == ""  # by which CTranslate2 knows that there is more than one language
    first = vocabulary.pieces + 1
    assert names[first : first + 2] == ["<|endoftext|>", "<|startoftranscript|>"]
    assert names[first + 2 : first + 6] == [f"<|{code}|>" for code in LANGUAGES]
    assert names[vocabulary.spoken - 1] == "<|notimestamps|>" and names[vocabulary.spoken] == "<|0.00|>"
    start, language, task, without = (names[each] for each in vocabulary.prompt("nl"))
    assert (start, language) == ("<|startoftranscript|>", "<|nl|>")
    assert (task, without) == ("<|transcribe|>", "<|notimestamps|>")


def test_a_vocabulary_is_read_as_it_was_written(vocabulary, tmp_path):
    made = tokens.trained([LABEL, "guten abend"], tmp_path)
    again = tokens.read(tmp_path)
    assert (made.tokens, made.pieces) == (again.tokens, again.pieces)
    assert made.encoded(LABEL) == again.encoded(LABEL)
