"""transcribe: the small recogniser on espeak's voice, told by a made-up detector when somebody speaks."""

from __future__ import annotations

import difflib
import itertools
import re

import pytest

from engine.protocol import (
    CallClosed,
    Checkpoint,
    EngineEvent,
    Flag,
    ForceLanguage,
    InjectEvent,
    LanguageSwitched,
    OperatorSpoke,
    OperatorWords,
    RoomStarted,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Transcript,
    TurnEnded,
)
from engine.recognizers.base import Recognition
from engine.recognizers.whisper import WhisperRecognizer, folder_of
from engine.settings import RecognizerSettings, Settings, TurnSettings
from engine.workers import transcribe
from tests.fakes.fake_bus import Do, Wait, heard
from tests.fakes.far_ends import frames, noise, silence, speech

SPOKEN = [
    ("For how many people, and at what time?", "en"),
    ("Guten Abend, was kann ich für Sie tun?", "de"),
    ("¿A qué nombre hago la reserva?", "es"),
    ("Voor hoeveel personen wilt u reserveren?", "nl"),
]


class FakeRecognizer:
    """Says how many 20 ms frames it was given, and remembers in which language it was asked."""

    def __init__(self, text: str = "frames", language: str = "en") -> None:
        self.text, self.language = text, language
        self.asked: list[str | None] = []

    def transcribe(self, pcm, language, names=()) -> Recognition:
        self.asked.append(language)
        return Recognition(f"{self.text} {pcm.size // 320}".strip(), language or self.language, 0.9, 0.0)


@pytest.fixture(scope="module")
def ear():
    settings = RecognizerSettings()
    return WhisperRecognizer(settings, folder_of(settings, None))


@pytest.fixture
def bus(bus_of):
    return bus_of("transcribe")


def turn_of(pcm, turn: int = 1, start_ms: int = 400, again: bool = False):
    """What the detector says of a turn: its start, pause and end."""
    flags = Flag.AGAIN if again else Flag.NONE
    end_ms = start_ms + pcm.size // 16
    return [
        heard(SpeechStarted(turn, start_ms), flags=flags),
        heard(SpeechPaused(turn, end_ms), flags=flags),
        heard(TurnEnded(turn, start_ms, end_ms, end_ms + 352, 350, ""), flags=flags),
    ]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def told(bus, call: int | None = None) -> list[Transcript]:
    """All but the words at pauses."""
    return [each for each in bus.said(Transcript, call) if not each.at_pause]


def in_time(deliveries):
    return itertools.chain.from_iterable((delivery, Wait(20)) for delivery in deliveries)


def run(bus, recognizer) -> None:
    transcribe.run(bus, recognizer, bus.clock.read)


@pytest.mark.parametrize(("text", "language"), SPOKEN)
def test_speech_becomes_its_words(bus, opened, ear, text, language):
    pcm = speech(text, language)
    bus.steps = [heard(opened(language)), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, ear)
    (final,) = told(bus)
    assert (final.turn, final.final, final.dropped) == (1, True, "")
    alike = difflib.SequenceMatcher(None, " ".join(words(text)), " ".join(words(final.text))).ratio()
    assert alike > 0.8, final.text
    assert final.language == language


def test_partial_transcripts_appear_while_they_speak(bus, opened, ear):
    pcm = speech("We have a table for two people on Friday evening at seven o'clock.")
    live = list(in_time(frames(silence(400), pcm)))
    bus.steps = [heard(opened()), *live[:60], heard(SpeechStarted(1, 400)), *live[60:], *turn_of(pcm)[1:]]
    run(bus, ear)
    *partials, final = told(bus)
    assert len(partials) >= 3
    assert not any(partial.final for partial in partials)
    assert len(words(partials[0].text)) < len(words(final.text))
    assert len({partial.text for partial in partials}) == len(partials)
    assert [partial.end_ms for partial in partials] == sorted(partial.end_ms for partial in partials)


@pytest.mark.parametrize("pcm", [silence(1500), noise(1500, -70.0)], ids=["silence", "noise"])
def test_silence_gives_no_words_even_if_a_turn_was_found_in_it(bus, opened, ear, pcm):
    bus.steps = [heard(opened()), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, ear)
    assert [transcript.text for transcript in told(bus)] == [""]


def test_what_was_recognised_in_silence_is_dropped_with_its_reason(bus, opened):
    bus.steps = [heard(opened()), *frames(silence(2000)), *turn_of(silence(1000))]
    run(bus, FakeRecognizer("Thank you"))
    (final,) = told(bus)
    assert final.text == ""
    assert "the audio is silence" in final.dropped
    assert "Thank you" in final.dropped


def test_words_known_at_the_pause_are_not_recognised_again(bus, opened):
    pcm = noise(1000, -20.0)
    recognizer = FakeRecognizer()
    bus.steps = [heard(opened()), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, recognizer)
    assert len(recognizer.asked) == 1
    assert told(bus)[0].asr_us == 0


def test_words_known_at_a_pause_that_was_none_are_thrown_away(bus, opened):
    pcm = noise(1000, -20.0)
    recognizer = FakeRecognizer()
    started, _, ended = turn_of(pcm)
    bus.steps = [
        heard(opened()),
        *frames(silence(400), pcm, silence(400)),
        started,
        heard(SpeechPaused(1, 700)),
        heard(SpeechResumed(1)),
        ended,
    ]
    run(bus, recognizer)
    assert len(recognizer.asked) == 2
    assert told(bus)[0].text == f"frames {(240 + 1000 + 128) // 20}"


def test_the_time_the_recogniser_took_is_told(bus, opened, clock):
    pcm = noise(1000, -20.0)

    class Slow(FakeRecognizer):
        def transcribe(self, pcm, language, names=()):
            clock.now_us += 70_000
            return super().transcribe(pcm, language)

    started, _, ended = turn_of(pcm)
    bus.steps = [heard(opened()), *frames(silence(400), pcm, silence(400)), started, ended]
    run(bus, Slow())
    assert told(bus)[0].asr_us == 70_000


def test_short_answers_are_heard_in_the_call_s_language_and_long_ones_are_asked(bus, opened):
    recognizer = FakeRecognizer(language="de")
    short, long = noise(500, -20.0), noise(1500, -20.0)
    bus.steps = [
        heard(opened("nl")),
        *frames(silence(400), short, silence(600), long, silence(400)),
        *turn_of(short),
        *turn_of(long, 2, 1500),
    ]
    run(bus, recognizer)
    assert recognizer.asked == ["nl", None, "nl"]  # what was found are no German words: they are read in ours
    assert [t.language for t in told(bus)] == ["nl", "nl"]


def test_a_turn_leaves_a_checkpoint_and_is_done_once(bus, opened):
    pcm = noise(1000, -20.0)
    live = frames(silence(400), pcm, silence(400))
    bus.steps = [heard(opened()), *live, *turn_of(pcm), *turn_of(pcm, again=True)]
    run(bus, FakeRecognizer())
    assert len(told(bus)) == 1
    assert [checkpoint.room for checkpoint in bus.said(Checkpoint)] == ["transcribe"]


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("first", [0, 70_000])
def test_a_restarted_room_does_what_was_not_done(bus_of, opened, done, first):
    pcm, start_ms = noise(1000, -20.0), first * 20 + 400
    before = bus_of("transcribe")
    every = list(frames(silence(400), pcm, silence(400), first=first))
    before.steps = [heard(opened(ago_ms=first * 20)), *every, *(turn_of(pcm, 3, start_ms) if done else [])]
    run(before, FakeRecognizer())
    checkpoint = before.said(Checkpoint)[-1].state if done else b""
    bus = bus_of("transcribe")
    bus.steps = [
        heard(opened(room="transcribe", checkpoint=checkpoint, ago_ms=first * 20)),
        every[-1],  # one live frame comes before the older ones
        *frames(silence(400), pcm, silence(400), first=first, flags=Flag.AGAIN),
        *turn_of(pcm, 3, start_ms, again=True),
    ]
    run(bus, FakeRecognizer())
    assert [(t.turn, t.text) for t in told(bus)] == ([] if done else [(3, "frames 68")])


def test_a_neighbour_that_came_back_gets_the_last_final_again(bus, opened):
    pcm = noise(1000, -20.0)
    bus.steps = [
        heard(opened()),
        *frames(silence(400), pcm),
        *turn_of(pcm),
        *(heard(RoomStarted(room, 2), call=0) for room in ("agent", "cache", "tts")),
    ]
    run(bus, FakeRecognizer())
    again = [sent for sent in bus.sent if sent.flags & Flag.AGAIN]
    assert [sent.message for sent in again] == told(bus)[:1] * 2


def test_nobody_is_woken_when_nobody_speaks(bus, opened):
    pcm = noise(1000, -20.0)
    seen: list[int | None] = []
    bus.steps = [
        heard(opened()),
        *frames(silence(400), pcm, silence(400)),
        Do(lambda: seen.append(bus.wake_at_us)),
        *turn_of(pcm),
        Wait(1000),
        Do(lambda: seen.append(bus.wake_at_us)),
    ]
    run(bus, FakeRecognizer())
    assert seen == [None, None]


def test_a_closed_call_is_forgotten(bus, opened):
    pcm = noise(1000, -20.0)
    bus.steps = [heard(opened()), heard(CallClosed("booked")), *frames(silence(400), pcm), *turn_of(pcm)]
    run(bus, FakeRecognizer())
    assert bus.sent == []


def operator(pcm, utterance: int = 1, again: bool = False):
    spoke = OperatorSpoke(utterance, 400, 400 + pcm.size // 16, pcm.tobytes())
    return heard(spoke, flags=Flag.AGAIN if again else Flag.NONE)


@pytest.mark.parametrize(("text", "language"), SPOKEN)
def test_what_an_operator_says_becomes_words_that_are_not_the_far_end_s(bus, opened, ear, text, language):
    pcm = speech(text, language)
    bus.steps = [heard(opened(language)), operator(pcm)]
    run(bus, ear)
    (said,) = bus.said(OperatorWords)
    alike = difflib.SequenceMatcher(None, " ".join(words(text)), " ".join(words(said.text))).ratio()
    assert alike > 0.8, said.text
    assert (said.utterance, said.language) == (1, language)
    assert (said.start_ms, said.end_ms) == (400, 400 + pcm.size // 16)
    assert told(bus) == []


@pytest.mark.parametrize("pcm", [silence(1500), noise(1500, -70.0)], ids=["silence", "noise"])
@pytest.mark.parametrize("sure", [False, True], ids=["recogniser", "hallucination"])
def test_an_operator_s_silence_gives_no_words(bus, opened, ear, pcm, sure):
    bus.steps = [heard(opened()), operator(pcm)]
    run(bus, FakeRecognizer("Thank you") if sure else ear)
    assert bus.said(OperatorWords) == []


def test_an_operator_s_words_are_given_once_and_again_to_an_agent_that_came_back(bus, opened):
    pcm = noise(1000, -20.0)
    bus.steps = [
        heard(opened()), operator(pcm), operator(pcm, again=True), operator(pcm, 2),
        *(heard(RoomStarted(room, 2), call=0) for room in ("agent", "cache")),
    ]  # fmt: skip
    run(bus, FakeRecognizer())
    told = [
        (sent.message.utterance, sent.flags) for sent in bus.sent if isinstance(sent.message, OperatorWords)
    ]
    assert told == [(1, Flag.NONE), (2, Flag.NONE), (2, Flag.AGAIN)]


def test_a_restarted_room_knows_which_words_of_the_operator_it_has_given(bus_of, opened):
    pcm = noise(1000, -20.0)
    before = bus_of("transcribe")
    before.steps = [heard(opened()), operator(pcm)]
    run(before, FakeRecognizer())
    remembered = before.said(Checkpoint)[-1].state
    bus = bus_of("transcribe")
    bus.steps = [
        heard(opened(room="transcribe", checkpoint=remembered)), operator(pcm, again=True), operator(pcm, 2),
    ]  # fmt: skip
    run(bus, FakeRecognizer())
    assert [said.utterance for said in bus.said(OperatorWords)] == [2]


def test_a_language_that_was_forced_is_what_is_heard_from_then_on(bus, opened):
    recognizer = FakeRecognizer(language="de")
    long = noise(1500, -20.0)
    bus.steps = [
        heard(opened("nl")), *frames(silence(400), long, silence(400), long, silence(400)), *turn_of(long),
        heard(ForceLanguage(language="es")), *turn_of(long, 2, 2300), operator(long),
    ]  # fmt: skip
    run(bus, recognizer)
    assert recognizer.asked[-2:] == ["es", "es"]
    assert told(bus)[-1].language == "es"
    assert bus.said(LanguageSwitched)[-1] == LanguageSwitched("es", 0, "an operator", "nl", forced=True)


def test_a_forced_language_holds_for_the_turn_in_progress(bus, opened):
    recognizer = FakeRecognizer(language="de")
    long = noise(1500, -20.0)
    started, paused, ended = turn_of(long)
    bus.steps = [
        heard(opened("nl")), *frames(silence(400), long, silence(400)), started, paused,
        heard(ForceLanguage(language="es")), ended,
    ]  # fmt: skip
    run(bus, recognizer)
    assert [final.language for final in told(bus)] == ["es"]


def test_a_restarted_room_still_hears_the_forced_language(bus_of, opened):
    long = noise(1500, -20.0)
    before = bus_of("transcribe")
    before.steps = [heard(opened("nl")), heard(ForceLanguage(language="es"))]
    run(before, FakeRecognizer())
    recognizer = FakeRecognizer(language="de")
    bus = bus_of("transcribe")
    bus.steps = [
        heard(opened("es", room="transcribe", checkpoint=before.said(Checkpoint)[-1].state)),
        *frames(silence(400), long, silence(400)),
        *turn_of(long),
    ]
    run(bus, recognizer)
    assert recognizer.asked == ["es"]


FAILS = heard(InjectEvent(what="fail", room="transcribe", seconds=3))


def test_turns_wait_for_a_recogniser_that_fails_and_become_words_when_it_is_back(bus, opened):
    pcm = noise(1000, -20.0)
    said_before: list[int] = []
    bus.steps = [
        heard(opened()), *frames(silence(400), pcm, silence(600), pcm, silence(400)), FAILS,
        *turn_of(pcm), Wait(1000), *turn_of(pcm, 2, 2000), operator(pcm), Wait(1999),
        Do(lambda: said_before.append(len(bus.sent))), Wait(1),
    ]  # fmt: skip
    run(bus, FakeRecognizer())
    before, after = bus.sent[: said_before[0]], bus.sent[said_before[0] :]
    assert [type(sent.message) for sent in before] == [EngineEvent]
    spoken = [sent.message for sent in after if isinstance(sent.message, Transcript | OperatorWords)]
    assert [type(each) for each in spoken] == [Transcript, Transcript, OperatorWords]
    assert [each.asr_us for each in spoken[:2]] == [3_000_000, 2_000_000]
    assert [each.text for each in spoken[:2]] == ["frames 68", "frames 68"]
    assert [sent.message.level for sent in (before[0], after[0])] == ["warning", "info"]
    assert bus.wake_at_us is None


def test_a_turn_that_goes_on_when_the_recogniser_is_back_is_told_as_always(bus, opened):
    live = list(in_time(frames(silence(400), noise(4000, -20.0))))
    bus.steps = [heard(opened()), *live[:40], FAILS, heard(SpeechStarted(1, 400)), *live[40:]]
    run(bus, FakeRecognizer())
    partials = [sent.at_us for sent in bus.sent if isinstance(sent.message, Transcript)]
    _, back_us = (sent.at_us for sent in bus.sent if isinstance(sent.message, EngineEvent))
    assert partials and min(partials) >= back_us


def test_the_frames_of_another_call_are_recognised_meanwhile(bus, opened):
    pcm = noise(1000, -20.0)
    bus.steps = [
        heard(opened()), heard(opened(), 2), FAILS, *frames(silence(400), pcm, silence(400), call=2),
        *(each._replace(header=each.header._replace(call=2)) for each in turn_of(pcm)),
    ]  # fmt: skip
    run(bus, FakeRecognizer())
    assert [
        sent.call for sent in bus.sent if isinstance(sent.message, Transcript) and sent.message.final
    ] == [2]


def test_the_words_at_a_pause_are_told_at_once(bus, opened):
    pcm = noise(1000, -20.0)
    bus.steps = [heard(opened()), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, FakeRecognizer())
    at_pause, final = bus.said(Transcript)
    assert (at_pause.turn, at_pause.final, at_pause.at_pause, at_pause.end_ms) == (1, False, True, 1400)
    assert (final.final, final.at_pause, final.text) == (True, False, at_pause.text)


def test_no_words_at_a_pause_where_nothing_is_done_ahead(bus_of, opened):
    bus = bus_of("transcribe", Settings(turns=TurnSettings(speculate="off")))
    ear = FakeRecognizer()
    pcm = noise(1000, -20.0)
    bus.steps = [heard(opened()), *frames(silence(400), pcm, silence(400)), *turn_of(pcm)]
    run(bus, ear)
    assert [each.final for each in bus.said(Transcript)] == [True]
    assert len(ear.asked) == 1


def test_words_wait_for_their_audio_where_the_detector_s_word_is_read_before_it(bus, opened):
    pcm = noise(1000, -20.0)
    ear = FakeRecognizer()
    audio = list(frames(silence(400), pcm, silence(400)))
    started, paused, ended = turn_of(pcm)
    bus.steps = [heard(opened()), *audio[:40], started, paused, ended, *audio[40:], Wait(50)]
    run(bus, ear)
    whole = bus.said(Transcript)
    assert [each.final for each in whole] == [False, True]
    assert {each.text for each in whole} == {
        "frames 66"
    }  # 240 ms before it, 1000, and 64 up to the next frame


def test_audio_that_never_comes_is_not_waited_for_long(bus, opened):
    pcm = noise(1000, -20.0)
    bus.steps = [heard(opened()), *frames(silence(400), noise(500)), *turn_of(pcm), Wait(1500)]
    run(bus, FakeRecognizer())
    assert [each.final for each in bus.said(Transcript)][-1]
