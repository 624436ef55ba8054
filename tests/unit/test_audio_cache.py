"""What a voice has said is kept on disk: found again, made anew when damaged, given up by age; never with data."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.languages import load
from engine.protocol import LANGUAGES, Sentence
from engine.voices.audio_cache import AudioCache, fixed_sentences, holds_nobodys_data
from engine.voices.base import Piece
from engine.voices.health import Health
from engine.voices.mouths import Mouths, Order

PCM = np.arange(-5000, 5000, dtype=np.int16)
FILE_BYTES = 32 + 2 * PCM.size


def sentence(text: str, template: str = "", language: str = "en") -> Sentence:
    return Sentence(1, 0, False, 1, text, language, template=template)


@pytest.fixture
def cache(tmp_path: Path) -> AudioCache:
    return AudioCache(tmp_path / "voice", 10 * FILE_BYTES)


def files(cache: AudioCache) -> list[Path]:
    return sorted(cache._folder.iterdir())


def test_a_sentence_is_found_again_also_by_a_successor(cache: AudioCache):
    assert cache.get("google a", "en", "One moment.") is None
    cache.put("google a", "en", "One moment.", PCM)
    for each in (cache, AudioCache(cache._folder, 10 * FILE_BYTES)):
        found = each.get("google a", "en", "One moment.")
        assert found is not None and found.dtype == np.int16
        np.testing.assert_array_equal(found, PCM)


@pytest.mark.parametrize(
    "other",
    [("google b", "en", "One moment."), ("google a", "de", "One moment."), ("google a", "en", "One moment")],
)
def test_another_voice_language_or_text_is_another_sentence(cache: AudioCache, other):
    cache.put("google a", "en", "One moment.", PCM)
    assert cache.get(*other) is None


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-2], lambda b: b[:-1], lambda b: b"", lambda b: b[:40] + b"x" + b[41:], lambda b: b[:20]],
    ids=["shorter", "odd", "empty", "changed", "head alone"],
)
def test_a_damaged_file_is_deleted_and_made_anew(cache: AudioCache, damage):
    cache.put("google a", "en", "One moment.", PCM)
    (file,) = files(cache)
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get("google a", "en", "One moment.") is None
    assert files(cache) == []
    assert cache.size_bytes == 0
    cache.put("google a", "en", "One moment.", PCM)
    assert cache.get("google a", "en", "One moment.") is not None


def test_the_least_recently_used_make_room(tmp_path: Path):
    cache = AudioCache(tmp_path, 3 * FILE_BYTES)
    for text in ("one", "two", "three"):
        cache.put("v", "en", text, PCM)
    assert cache.get("v", "en", "one") is not None
    cache.put("v", "en", "four", PCM)
    there = {text for text in ("one", "two", "three", "four") if cache.get("v", "en", text) is not None}
    assert there == {"one", "three", "four"}
    assert cache.size_bytes == 3 * FILE_BYTES == sum(file.stat().st_size for file in files(cache))


def test_a_successor_knows_what_was_used_least_recently(tmp_path: Path):
    cache = AudioCache(tmp_path, 3 * FILE_BYTES)
    for number, text in enumerate(("one", "two", "three")):
        cache.put("v", "en", text, PCM)
        os.utime(cache._path("v", "en", text), (number, number))
    cache.get("v", "en", "one")
    successor = AudioCache(tmp_path, 3 * FILE_BYTES)
    successor.put("v", "en", "four", PCM)
    assert successor.get("v", "en", "two") is None
    assert successor.get("v", "en", "one") is not None


def test_a_sentence_larger_than_the_whole_limit_is_not_kept(tmp_path: Path):
    cache = AudioCache(tmp_path, FILE_BYTES - 1)
    cache.put("v", "en", "one", PCM)
    assert files(cache) == []


def test_what_a_dead_process_left_half_written_is_cleared(tmp_path: Path):
    (tmp_path / "abc.17.part").write_bytes(b"half")
    AudioCache(tmp_path, FILE_BYTES)
    assert list(tmp_path.iterdir()) == []


def test_files_are_for_this_account_alone_and_their_names_say_nothing(cache: AudioCache):
    cache.put("google a", "en", "One moment.", PCM)
    (file,) = files(cache)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache._folder.stat().st_mode) == 0o700
    assert "moment" not in file.name and b"moment" not in file.read_bytes()


def test_a_folder_that_cannot_be_written_costs_no_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    cache = AudioCache(tmp_path / "file" / "voice", FILE_BYTES)
    cache.put("v", "en", "one", PCM)
    assert cache.get("v", "en", "one") is None


def test_writers_at_the_same_time_leave_whole_files(cache: AudioCache):
    threads = [
        threading.Thread(target=cache.put, args=("v", "en", "one", np.full(9000, number, np.int16)))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = cache.get("v", "en", "one")
    assert found is not None and len(set(found.tolist())) == 1
    assert len(files(cache)) == 1


# --- whose words may be kept ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_of_the_language_file_without_a_slot_may_be_kept(language):
    fixed = fixed_sentences(language)
    assert len(fixed) > 5
    assert all("{" not in text for text in fixed)
    assert all(holds_nobodys_data(sentence(text, language=language)) for text in fixed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_with_a_filled_slot_may_be_kept(language):
    say = load(language).say
    with_slots = [
        text
        for field in say.__struct_fields__
        if isinstance(text := getattr(say, field), str) and "{" in text
    ]
    assert with_slots
    for template in with_slots:
        filled = template.replace("{", "").replace("}", "")
        assert not holds_nobodys_data(sentence(filled, template, language))
        assert not holds_nobodys_data(sentence(filled, "", language))


def test_what_a_model_made_up_is_not_kept_unless_it_is_its_own_template():
    assert not holds_nobodys_data(sentence("My name is Anna Berg."))
    assert not holds_nobodys_data(sentence("My name is Anna Berg.", "My name is {name}."))
    assert holds_nobodys_data(sentence("Could you say that again?", "Could you say that again?"))


# --- with a voice -------------------------------------------------------------------------------------------------


class Counting:
    """A slow voice that counts how often it is asked."""

    def __init__(self, breaks: bool = False) -> None:
        self.asked = 0
        self.breaks = breaks

    def say(self, text, language):
        self.asked += 1
        yield Piece(PCM, ())
        if self.breaks:
            raise OSError("gone")
        yield Piece(PCM, ())

    def identity(self, language):
        return "counting"

    def warm(self):
        pass

    def close(self):
        pass


def spoken(mouths: Mouths, may_be_kept: bool) -> int:
    """Samples of one sentence."""
    mouths.say(Order(1, 1, "One moment.", "en", may_be_kept, None), 0)
    samples = 0
    while mouths.busy:
        for made in mouths.made(0):
            samples += made.piece.pcm.size if made.piece else 0
    return samples


def test_a_voice_is_asked_once_for_what_may_be_kept(cache: AudioCache):
    voice = Counting()
    mouths = Mouths(voice, Health("It", "espeak-ng"), cache)
    assert [spoken(mouths, True) for _ in range(3)] == [2 * PCM.size] * 3
    assert voice.asked == 1


def test_what_may_not_be_kept_leaves_no_file(cache: AudioCache):
    voice = Counting()
    mouths = Mouths(voice, Health("It", "espeak-ng"), cache)
    assert [spoken(mouths, False) for _ in range(2)] == [2 * PCM.size] * 2
    assert voice.asked == 2
    assert files(cache) == []


def test_half_a_sentence_is_not_kept(cache: AudioCache):
    mouths = Mouths(Counting(breaks=True), Health("It", "espeak-ng"), cache)
    spoken(mouths, True)
    assert files(cache) == []


def test_a_kept_sentence_is_said_while_the_voice_is_away(cache: AudioCache):
    cache.put("counting", "en", "One moment.", PCM)
    health = Health("It", "espeak-ng")
    health.failed("It is gone.", 0)
    assert spoken(Mouths(Counting(), health, cache), True) == PCM.size
