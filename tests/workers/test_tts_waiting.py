"""tts with a voice one has to wait for: pieces go out as they come, calls do not wait for one another, cuts stop it."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from engine.bus import WOKEN
from engine.protocol import (
    CallClosed,
    EngineEvent,
    Flag,
    InjectEvent,
    SpeechAudio,
    Spoken,
    WordMark,
)
from engine.settings import VoiceSettings
from engine.turns.playout import Playout
from engine.voices.base import Piece, VoiceError
from engine.voices.google import GoogleVoice
from engine.voices.health import Health
from engine.voices.mouths import Mouths
from engine.workers import tts
from tests.fakes.fake_bus import Do, Wait, heard
from tests.fakes.google_speech import GoogleSpeech, Step
from tests.workers.test_tts import BREATH, TwoPieces, sentence


class Puppet:
    """A slow voice whose every piece the test lets through."""

    def __init__(self) -> None:
        self.go: dict[str, threading.Semaphore] = {}
        self.fails: dict[str, str] = {}
        self.asked: list[str] = []
        self.closed: list[str] = []
        self.ended = False

    def let(self, text: str, pieces: int = 99) -> None:
        self.go.setdefault(text, threading.Semaphore(0)).release(pieces)

    def say(self, text, language):
        self.asked.append(text)
        return _Told(self, text)

    def identity(self, language):
        return "puppet"

    def warm(self):
        pass

    def close(self):
        self.ended = True


class _Told:
    """Three pieces of 100 samples, one let through at a time; `close` ends the wait."""

    def __init__(self, puppet: Puppet, text: str) -> None:
        self.puppet, self.text, self.number, self.stopped = puppet, text, 0, False
        self.gate = puppet.go.setdefault(text, threading.Semaphore(0))

    def __iter__(self):
        return self

    def __next__(self) -> Piece:
        self.gate.acquire()
        if self.stopped or self.number == 3:
            raise StopIteration
        if self.puppet.fails.get(self.text) == str(self.number):
            raise VoiceError("The puppet's strings are torn. Mend them.")
        self.number += 1
        words = len(self.text.split())
        mark = (WordMark((self.number - 1) * 100, self.end(self.number)),) if self.number <= words else ()
        return Piece(np.full(100, self.number, np.int16), mark)

    def end(self, word: int) -> int:
        return len(" ".join(self.text.split()[:word]))

    def close(self) -> None:
        if not self.stopped:
            self.puppet.closed.append(self.text)
        self.stopped = True
        self.gate.release()


@pytest.fixture
def puppet():
    return Puppet()


@pytest.fixture
def mouths(puppet):
    return Mouths(puppet, Health("The puppet", "espeak-ng"))


@pytest.fixture
def bus(bus_of):
    return bus_of("tts")


def steps(*items):
    """What happens, one after the other; where an item is a question, time passes until its answer is yes."""
    for item in items:
        if not callable(item):
            yield item
            continue
        for _ in range(2000):
            yield Wait(5)
            yield WOKEN  # the room looks
            if item():
                break
            time.sleep(0.002)  # the other threads go on
        else:
            raise AssertionError("it never came")


LOOK = WOKEN


def test_a_piece_goes_out_as_soon_as_it_is_made(bus, mouths, puppet):
    seen: list[int] = []
    text = "One two three"
    bus.steps = steps(
        heard(sentence(text=text)), LOOK, Do(lambda: seen.append(len(bus.sent))),
        Do(lambda: puppet.let(text, 1)), lambda: bus.said(SpeechAudio), Do(lambda: seen.append(len(bus.sent))),
        Do(lambda: puppet.let(text, 9)), lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert seen == [0, 1]
    pieces = bus.said(SpeechAudio)
    assert [(p.piece, len(p.pcm) // 2, p.last) for p in pieces] == [
        (0, 100, False), (1, 100, False), (2, 100, False), (3, 0, True),
    ]  # fmt: skip
    assert [m.char_end for p in pieces for m in p.marks] == [3, 7, 13]
    assert bus.wake_at_us is None


def test_playback_plays_a_sentence_that_comes_in_pieces_to_its_end(bus, mouths, puppet):
    puppet.let("One two three")
    bus.steps = steps(heard(sentence(text="One two three", last=True)), lambda: not mouths.busy)
    tts.run(bus, TwoPieces(), mouths)
    playout = Playout()
    *sound, end = bus.said(SpeechAudio)
    for piece in sound:
        playout.add(piece, 0)
    reports = [report for _ in range(3) for report in playout.frame(0)[1]]
    assert not any(isinstance(report, Spoken) and report.done for report in reports)
    playout.add(end, 0)
    reports = playout.frame(0)[1]
    assert [r.text for r in reports if isinstance(r, Spoken) and r.done and r.ends_utterance] == [
        "One two three"
    ]


def test_a_slow_call_does_not_hold_up_another_one(bus, mouths, puppet):
    puppet.let("Quick one")
    bus.steps = steps(
        heard(sentence(text="Slow one")), heard(sentence(text="Quick one"), call=2),
        lambda: any(piece.last for piece in bus.said(SpeechAudio, call=2)),
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert len(bus.said(SpeechAudio, call=2)) == 4
    assert bus.said(SpeechAudio, call=1) == []
    mouths.close()


def test_a_calls_sentences_keep_their_order_and_the_empty_one_comes_last(bus, mouths, puppet):
    puppet.let("Second")
    bus.steps = steps(
        heard(sentence(text="First")), heard(sentence(1, "Second")), heard(sentence(2, "", last=True)),
        LOOK, Do(lambda: puppet.let("First")), lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    ends = [(p.index, p.last, p.ends_utterance) for p in bus.said(SpeechAudio) if p.last]
    assert ends == [(0, True, False), (1, True, False), (2, True, True)]
    second = [p for p in bus.said(SpeechAudio) if p.index == 1]
    assert len(second[0].pcm) // 2 == BREATH + 100
    assert [m.sample for p in second for m in p.marks] == [BREATH]


def test_a_cut_stops_the_sentence_that_is_being_made_and_those_that_wait(bus, mouths, puppet):
    cut = heard(Spoken(1, 0, "One", True, True, cut=True), flags=Flag.CUT)
    text = "One two three"
    puppet.let(text, 1)
    puppet.let("A new one")
    bus.steps = steps(
        heard(sentence(text=text)), heard(sentence(1, "Never asked")), lambda: bus.said(SpeechAudio),
        cut, lambda: puppet.closed == [text] and not mouths.busy,
        heard(sentence(2, "Late for its utterance")),
        heard(sentence(text="A new one", utterance=2)), lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert puppet.asked == [text, "A new one"]
    assert [(p.utterance, p.piece) for p in bus.said(SpeechAudio)] == [(1, 0), (2, 0), (2, 1), (2, 2), (2, 3)]
    assert bus.said(EngineEvent) == []


def test_what_was_spoken_whole_is_no_cut(bus, mouths, puppet):
    bus.steps = steps(
        heard(sentence(text="One")), heard(Spoken(1, 0, "One", True)), Do(lambda: puppet.let("One")),
        lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert bus.said(SpeechAudio)[-1].last


def test_a_closed_call_stops_its_voice(bus, mouths, puppet):
    bus.steps = steps(
        heard(sentence(text="One")), heard(CallClosed("booked")),
        lambda: puppet.closed == ["One"] and not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert bus.sent == []
    assert not mouths.busy


def test_a_voice_that_fails_is_replaced_told_once_and_comes_back(bus, mouths, puppet):
    for text in ("Bad one", "Worse one", "Good one"):
        puppet.let(text)
    puppet.fails = {"Bad one": "0"}
    bus.steps = steps(
        heard(sentence(text="Bad one")), lambda: not mouths.busy,
        heard(sentence(1, "Worse one")), lambda: not mouths.busy,  # it rests: not asked at all
        Wait(4100), heard(sentence(2, "Good one")), lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert puppet.asked == ["Bad one", "Good one"]
    assert [(e.level, e.text) for e in bus.said(EngineEvent)] == [
        ("warning", "The puppet's strings are torn. Mend them. espeak-ng speaks until The puppet is back."),
        ("info", "The puppet is back"),
    ]  # fmt: skip
    bad, worse, good = ([p for p in bus.said(SpeechAudio) if p.index == i] for i in range(3))
    assert [(p.piece, p.last) for p in bad] == [(0, False), (1, True)] == [(p.piece, p.last) for p in worse]
    assert len(good) == 4


def test_an_empty_sentence_ends_its_utterance_also_while_the_voice_rests(bus, mouths, puppet):
    puppet.let("Bad one")
    puppet.fails = {"Bad one": "0"}
    bus.steps = steps(
        heard(sentence(text="Bad one")), heard(sentence(1, "", last=True)), lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert (bus.said(SpeechAudio)[-1].pcm, bus.said(SpeechAudio)[-1].ends_utterance) == (b"", True)


def test_the_rest_of_a_sentence_that_breaks_off_is_said_by_the_embedded_voice(bus, mouths, puppet):
    asked: list[str] = []

    class Embedded(TwoPieces):
        def say(self, text, language):
            asked.append(text)
            return super().say(text, language)

    text = "One two three"
    puppet.let(text)
    puppet.fails = {text: "2"}
    bus.steps = steps(heard(sentence(text=text, last=True)), lambda: not mouths.busy)
    tts.run(bus, Embedded(), mouths)
    assert asked == [
        "two three"
    ]  # the word that sounded last is said again: nobody knows how much of it was heard
    pieces = bus.said(SpeechAudio)
    assert [(p.piece, p.last, p.ends_utterance) for p in pieces] == [
        (0, False, False), (1, False, False), (2, False, False), (3, True, True),
    ]  # fmt: skip
    assert [(m.sample, m.char_end) for p in pieces for m in p.marks] == [
        (0, 3),
        (100, 7),
        (200, 6),
        (210, 13),
    ]


def test_a_bug_in_a_voice_does_not_silence_the_agent(bus, puppet):
    class Broken(Puppet):
        def say(self, text, language):
            raise KeyError(text)

    mouths = Mouths(Broken(), Health("It", "espeak-ng"))
    bus.steps = steps(heard(sentence(text="A secret")), lambda: not mouths.busy)
    tts.run(bus, TwoPieces(), mouths)
    assert bus.said(SpeechAudio)[-1].last
    (event,) = bus.said(EngineEvent)
    assert "KeyError" in event.text and "secret" not in event.text


def test_what_is_asked_for_again_is_said_even_if_it_was_cut(bus, mouths, puppet):
    """Playback was restarted and knows of no cut; its successor decides."""
    puppet.let("One")
    bus.steps = steps(
        heard(Spoken(1, 0, "", True, True, cut=True)), heard(sentence(text="One"), flags=Flag.AGAIN),
        lambda: not mouths.busy,
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert [sent.flags for sent in bus.sent] == [Flag.AGAIN] * 4


def test_a_sentence_that_was_cut_while_an_outage_lasted_is_not_made(bus, mouths, puppet):
    fails = heard(InjectEvent(what="fail", room="tts", seconds=2))
    bus.steps = steps(
        fails,
        heard(sentence(text="One")),
        heard(Spoken(1, 0, "", True, True, cut=True)),
        Wait(3000),
    )
    tts.run(bus, TwoPieces(), mouths)
    assert puppet.asked == []


def test_the_room_is_woken_for_each_piece_and_for_the_end_and_never_looks_by_itself(bus, puppet):
    woken: list[None] = []
    mouths = Mouths(puppet, Health("The puppet", "espeak-ng"), wake=lambda: woken.append(None))
    wakes: list[int | None] = []
    bus.steps = steps(
        heard(sentence(text="One")), Do(lambda: wakes.append(bus.wake_at_us)), Do(lambda: puppet.let("One")),
        lambda: not mouths.busy, Do(lambda: wakes.append(bus.wake_at_us)),
    )  # fmt: skip
    tts.run(bus, TwoPieces(), mouths)
    assert wakes == [None, None]
    assert len(woken) == 4  # three pieces, and the end


def test_a_cut_hangs_up_on_google_in_the_middle_of_the_sentence(bus):
    with GoogleSpeech(Step(between=threading.Event())) as service:
        patient = VoiceSettings(first_audio_ms=20_000, sentence_ms=30_000)
        mouths = Mouths(GoogleVoice(patient, service.transport()), Health("Google's voice", "espeak-ng"))
        cut = heard(Spoken(1, 0, "", True, True, cut=True), flags=Flag.CUT)
        bus.steps = steps(
            heard(sentence(text="One two three")), lambda: bus.said(SpeechAudio), cut, lambda: not mouths.busy,
            heard(sentence(text="Four", utterance=2)), lambda: not mouths.busy,
        )  # fmt: skip
        tts.run(bus, TwoPieces(), mouths)
        assert service.asked[0].ended.wait(10)
        assert (service.asked[0].pieces, service.asked[0].cancelled) == (1, True)
        mouths.close()
    assert [piece.utterance for piece in bus.said(SpeechAudio)][:2] == [1, 2]
    assert bus.said(SpeechAudio)[-1].last
    assert bus.said(EngineEvent) == []
