"""transcribe and the call's language: who speaks another one is followed, with the words that settle it."""

from __future__ import annotations

import pytest

from engine.protocol import (
    Checkpoint,
    ForceLanguage,
    LanguageSwitched,
    LineState,
    SpeechPaused,
    SpeechResumed,
    Transcript,
)
from engine.recognizers.base import Recognition
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.settings import RecognizerSettings
from engine.workers import transcribe
from tests.fakes.fake_bus import heard
from tests.fakes.far_ends import frames, noise, silence, speech
from tests.workers.test_transcribe import turn_of

LONG = {
    "en": "good evening golden lantern how can i help you",
    "de": "guten abend gasthaus linde was kann ich für sie tun",
    "es": "buenas noches restaurante casa maría en qué puedo ayudarle",
    "nl": "goedenavond restaurant de linde waarmee kan ik u helpen",
}
SHORT = {"en": "yes of course", "de": "ja gerne"}
GAP_MS = 400


class Heard:
    """Recognises what a test says, one after the other: words, language, confidence."""

    def __init__(self, *found: tuple[str, str, float], pinned: str = "") -> None:
        self.found, self.pinned = list(found), pinned
        self.asked: list[str | None] = []

    def transcribe(self, pcm, language, names=()) -> Recognition:
        self.asked.append(language)
        if language is not None and self.pinned:
            return Recognition(self.pinned, language, 0.9, 0.0)
        text, spoken, probability = self.found.pop(0)
        return Recognition(text, language or spoken, 0.9, 0.0, {spoken: probability})


@pytest.fixture(scope="module")
def ear():
    settings = RecognizerSettings()
    return WhisperRecognizer(settings, folder_of(settings, None))


@pytest.fixture
def bus(bus_of):
    return bus_of("transcribe")


def turns_of(*lengths_ms: int):
    """Turns of noise, one after the other."""
    steps, start_ms = [], GAP_MS
    for number, length_ms in enumerate(lengths_ms, 1):
        steps += turn_of(noise(length_ms, -20.0), number, start_ms)
        start_ms += length_ms + GAP_MS
    audio = [part for length_ms in lengths_ms for part in (silence(GAP_MS), noise(length_ms, -20.0))]
    return [*frames(*audio, silence(GAP_MS)), *steps]


def run(bus, recognizer) -> None:
    transcribe.run(bus, recognizer, bus.clock.read)


@pytest.mark.parametrize(("task", "spoken"), [("en", "de"), ("de", "es"), ("es", "nl"), ("nl", "en")])
def test_a_restaurant_that_answers_in_another_language_is_followed_in_its_first_turn(
    bus, opened, ear, task, spoken
):
    pcm = speech(LONG[spoken], spoken)
    bus.steps = [heard(opened(task)), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, ear)
    (switched,) = bus.said(LanguageSwitched)
    assert (switched.language, switched.was, switched.turn, switched.forced) == (spoken, task, 1, False)
    assert {words.language for words in bus.said(Transcript)} == {spoken}


@pytest.mark.parametrize("language", list(LONG))
def test_a_restaurant_that_speaks_the_task_s_language_is_not_followed_anywhere(bus, opened, ear, language):
    pcm = speech(LONG[language], language)
    bus.steps = [heard(opened(language)), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, ear)
    assert not bus.said(LanguageSwitched)


def test_the_switch_is_told_and_kept_before_the_words_at_the_pause(bus, opened):
    bus.steps = [heard(opened()), *turns_of(2500)]
    run(bus, Heard((LONG["de"], "de", 0.99)))
    kinds = [type(sent.message) for sent in bus.sent]
    assert kinds[:3] == [LanguageSwitched, Checkpoint, Transcript]
    assert bus.said(Transcript)[0].at_pause
    assert len(bus.said(LanguageSwitched)) == 1


def test_two_shorter_turns_are_followed_in_the_second(bus, opened):
    bus.steps = [heard(opened()), *turns_of(1400, 1400)]
    run(bus, Heard(("für wie viele personen", "de", 0.9), ("um wie viel uhr", "de", 0.9)))
    (switched,) = bus.said(LanguageSwitched)
    assert (switched.turn, switched.reason) == (2, "two turns in German")


def test_a_restart_between_the_two_turns_forgets_neither(bus_of, opened):
    before = bus_of("transcribe")
    before.steps = [heard(opened()), *turns_of(1400)]
    run(before, Heard(("für wie viele personen", "de", 0.9)))
    bus = bus_of("transcribe")
    again = opened(room="transcribe", checkpoint=before.said(Checkpoint)[-1].state)
    bus.steps = [heard(again), *turns_of(1400, 1400)]
    run(bus, Heard(("um wie viel uhr", "de", 0.9)))
    assert [switched.turn for switched in bus.said(LanguageSwitched)] == [2]


def test_a_restart_after_the_switch_hears_in_the_new_language(bus_of, opened):
    before = bus_of("transcribe")
    before.steps = [heard(opened()), *turns_of(2500)]
    run(before, Heard((LONG["de"], "de", 0.99)))
    bus, recognizer = bus_of("transcribe"), Heard((SHORT["de"], "de", 0.9))
    again = opened("de", room="transcribe", checkpoint=before.said(Checkpoint)[-1].state)
    bus.steps = [heard(again), *turns_of(2500, 600)]
    run(bus, recognizer)
    assert recognizer.asked == ["de"]


def test_what_an_operator_chose_while_the_room_was_away_is_forced(bus_of, opened):
    before = bus_of("transcribe")
    before.steps = [heard(opened()), *turns_of(2500)]
    run(before, Heard((LONG["en"], "en", 0.99)))
    bus, recognizer = bus_of("transcribe"), Heard((LONG["de"], "de", 0.99))
    again = opened("es", room="transcribe", checkpoint=before.said(Checkpoint)[-1].state)
    bus.steps = [heard(again), *turns_of(2500, 2500)]
    run(bus, recognizer)
    assert recognizer.asked == ["es"]
    assert not bus.said(LanguageSwitched)


def test_what_sounds_foreign_and_has_no_foreign_words_is_read_in_the_call_s_language(bus, opened):
    recognizer = Heard(("tabel voer toe", "nl", 0.7), pinned="a table for two")
    bus.steps = [heard(opened()), *turns_of(1500)]
    run(bus, recognizer)
    assert recognizer.asked == [None, "en"]
    assert (bus.said(Transcript)[-1].text, bus.said(Transcript)[-1].language) == ("a table for two", "en")
    assert not bus.said(LanguageSwitched)


def test_a_language_is_asked_for_once_in_a_turn_that_is_clearly_in_the_call_s(bus, opened):
    long = noise(2500, -20.0)
    started, *rest = turn_of(long)
    found = [(LONG["en"], "en", 0.98)] * 12
    recognizer = Heard(*found)
    bus.steps = [heard(opened()), *frames(silence(400), long, silence(400)), started, *rest, *rest[:1]]
    run(bus, recognizer)
    assert recognizer.asked.count(None) == 1


def test_a_forced_language_is_not_left_however_clearly_another_is_heard(bus, opened):
    bus.steps = [heard(opened()), heard(ForceLanguage(language="es")), *turns_of(2500, 2500, 2500)]
    run(bus, Heard(*[(LONG["de"], "de", 0.99)] * 3))
    assert [(told.language, told.forced) for told in bus.said(LanguageSwitched)] == [("es", True)]
    assert {words.language for words in bus.said(Transcript)} == {"es"}


def test_an_announcement_before_anybody_has_picked_up_is_not_followed(bus, opened):
    early, answered = heard(LineState("early_media")), heard(LineState("answered"))
    audio = turns_of(2500, 2500)
    first = next(n for n, step in enumerate(audio) if n and step.message == audio[-3].message)
    bus.steps = [heard(opened()), early, *audio[:first], answered, *audio[first:]]
    run(bus, Heard((LONG["de"], "de", 0.99), (LONG["es"], "es", 0.99)))
    assert [(each.language, each.turn) for each in bus.said(LanguageSwitched)] == [("es", 2)]


def test_words_that_are_not_believed_are_not_followed(bus, opened):
    looping = " ".join(["danke für das zuschauen bitte noch"] * 6)
    bus.steps = [heard(opened()), *turns_of(2500)]
    run(bus, Heard((looping, "de", 0.99)))
    assert bus.said(Transcript)[-1].dropped
    assert not bus.said(LanguageSwitched)


def test_a_turn_that_has_been_followed_stays_so_however_it_goes_on(bus, opened):
    audio = turns_of(2500)
    *before, started, _, ended = audio
    pauses = [heard(SpeechPaused(1, 2400)), heard(SpeechResumed(1)), heard(SpeechPaused(1, 2900))]
    bus.steps = [heard(opened()), *before, started, *pauses, ended]
    mixed = "the table is free i think and that is all"
    run(bus, Heard(("guten abend was kann ich für sie tun", "de", 0.95), *[(mixed, "en", 0.9)] * 3))
    assert [each.language for each in bus.said(LanguageSwitched)] == ["de"]
