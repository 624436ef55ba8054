"""A restaurant's ears and its pace: breaths and turns, words from another thread, frames ahead of a line."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from engine.lines.far_end import FRAME_US, Heard
from engine.protocol import AnswerLine, HangUp, LanguageCode, LineState, Message, VoicePlayed
from engine.recognizers.base import Recognition
from engine.restaurant.breaths import Breath, Breaths, TurnOver
from engine.restaurant.ears import Ears, Hearing
from engine.restaurant.pace import AHEAD_US, Pace
from engine.restaurant.telling import in_words
from engine.restaurant.visit import Visit
from engine.scenario import find, load

RATE_HZ = 16_000
FRAME_SAMPLES = RATE_HZ // 50


def voice(ms: int, amplitude: int = 8000) -> np.ndarray:
    at = np.arange(RATE_HZ * ms // 1000) / RATE_HZ
    return (np.sin(2 * np.pi * 220 * at) * amplitude).astype(np.int16)


def quiet(ms: int) -> np.ndarray:
    return np.zeros(RATE_HZ * ms // 1000, np.int16)


def breaths_of(*sounds: np.ndarray, probability: float = 1.0) -> list[Breath | TurnOver]:
    pcm = np.concatenate([quiet(500), *sounds])
    breaths, out = Breaths(), []
    for start in range(0, pcm.size - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        out += breaths.add(pcm[start : start + FRAME_SAMPLES], probability)
    return out


def lengths_ms(events: list[Breath | TurnOver]) -> list[int]:
    return [event.pcm.size * 1000 // RATE_HZ for event in events if isinstance(event, Breath)]


def test_speech_is_cut_at_its_commas() -> None:
    events = breaths_of(voice(800), quiet(150), voice(600), quiet(1000))
    assert [type(event) for event in events] == [Breath, Breath, TurnOver]


def test_a_breath_comes_with_a_little_of_what_is_around_it() -> None:
    assert lengths_ms(breaths_of(voice(800), quiet(1000))) == [160 + 800 + 80]


def test_the_closure_of_a_consonant_is_no_pause() -> None:
    assert len(lengths_ms(breaths_of(voice(400), quiet(60), voice(400), quiet(1000)))) == 1


def test_a_short_word_goes_with_what_follows() -> None:
    assert len(lengths_ms(breaths_of(voice(200), quiet(200), voice(600), quiet(1000)))) == 1


def test_a_short_word_alone_is_a_turn() -> None:
    assert [type(event) for event in breaths_of(voice(200), quiet(1000))] == [Breath, TurnOver]


def test_the_turn_is_not_over_before_600_ms_of_silence() -> None:
    assert not any(isinstance(e, TurnOver) for e in breaths_of(voice(800), quiet(580)))
    assert isinstance(breaths_of(voice(800), quiet(600))[-1], TurnOver)


def test_what_is_no_speech_is_not_heard() -> None:
    assert breaths_of(voice(3000), quiet(1000), probability=0.2) == []


def test_line_noise_is_quiet_beside_a_voice() -> None:
    noise = np.random.default_rng(1).normal(0, 20, RATE_HZ).astype(np.int16)
    assert [type(e) for e in breaths_of(voice(800), noise)] == [Breath, TurnOver]


def test_speech_without_a_pause_is_cut_before_it_outgrows_the_recogniser() -> None:
    longest = lengths_ms(breaths_of(voice(10_000), quiet(1000)))
    assert len(longest) == 2 and max(longest) <= 7000


class SlowRecognizer:
    """Gives the words it was handed, one per breath, when it is let."""

    def __init__(self, *words: str) -> None:
        self.words = list(words)
        self.may_answer = threading.Event()

    def transcribe(self, pcm: np.ndarray, language: LanguageCode | None, names=()) -> Recognition:
        assert self.may_answer.wait(5)
        return Recognition(self.words.pop(0), language or "en", 1.0, 0.0)


def listening(recognizer: SlowRecognizer, *sounds: np.ndarray) -> Ears:
    """Ears that have heard these sounds, and take all of them for speech."""
    ears = Ears(Hearing(recognizer), "en")
    ears._speech.feed = lambda pcm: [(1.0, pcm)]  # type: ignore[method-assign]
    pcm = np.repeat(np.concatenate([quiet(200), *sounds]), 3)  # 48 kHz
    for start in range(0, pcm.size - 959, 960):
        ears.listen(pcm[start : start + 960].tobytes())
    return ears


def until(found: Callable[[], list[Heard]], count: int) -> list[Heard]:
    news: list[Heard] = []
    give_up = time.monotonic() + 5
    while len(news) < count and time.monotonic() < give_up:
        news += found()
    return news


def test_a_turn_is_told_breath_by_breath_and_at_its_end() -> None:
    recognizer = SlowRecognizer("for four people", "on friday")
    recognizer.may_answer.set()
    ears = listening(recognizer, voice(800), quiet(150), voice(600), quiet(700))
    assert until(ears.heard, 3) == [
        Heard("for four people", False),
        Heard("for four people, on friday", False),
        Heard("for four people, on friday", True),
    ]
    assert not ears.agent_speaks()


def test_nobody_waits_for_the_recogniser_and_the_agent_counts_as_speaking_meanwhile() -> None:
    recognizer = SlowRecognizer("yes")
    ears = listening(recognizer, voice(800), quiet(700))
    assert ears.heard() == [] and ears.agent_speaks()
    recognizer.may_answer.set()
    assert until(ears.heard, 2)[-1] == Heard("yes", True)


def test_frames_are_made_ahead_of_the_line_and_no_further() -> None:
    pace, now = Pace(), 1_000_000
    assert not pace.due(now), "nobody has picked up"
    pace.go(now)
    while pace.due(now):
        pace.made += 1
    assert pace.made * FRAME_US == AHEAD_US
    assert pace.due(now + FRAME_US), "in between the line's clock goes on like ours"


def test_the_lines_word_on_what_has_left_counts() -> None:
    pace, now = Pace(), 1_000_000
    pace.go(now)
    pace.made = 40
    pace.has_left(9, now)
    assert not pace.due(now) and not pace.all_gone(now)
    pace.has_left(39, now + 700_000)
    assert pace.due(now + 700_000) and pace.all_gone(now + 700_000)


def test_the_lines_numbers_go_on_past_16_bits() -> None:
    pace = Pace()
    pace.go(0)
    pace.made = 65_540
    for frame in (30_000, 60_000, 65_535, 3):
        pace.has_left(frame, 0)
    assert pace.all_gone(0)


def test_nothing_is_sent_on_hold_and_nothing_is_made_up_for_afterwards() -> None:
    pace = Pace()
    pace.go(0)
    pace.made = 10
    pace.stand()
    assert not pace.due(60_000_000)
    pace.go(60_000_000)
    assert (pace.made * FRAME_US) - AHEAD_US == 0 and pace.due(60_000_000)


class Guest:
    """A visit whose line is a test."""

    def __init__(self, scenario: str) -> None:
        self.sent: list[Message] = []
        self.told: list[str] = []
        recognizer = SlowRecognizer()
        self.visit = Visit(
            load(find(scenario)),
            Hearing(recognizer),
            lambda room, message, sequence: self.sent.append(message),
            lambda event, **fields: self.told.append(in_words(event, fields)),
        )
        self.now_us = 0
        self.answered_us: int | None = None

    def line(self, state: str, **fields: str) -> None:
        if state == "answered":
            self.answered_us = self.now_us
        self.visit.take(LineState(state, **fields), self.now_us)  # type: ignore[arg-type]

    def wait(self, seconds: float) -> None:
        """Time passes; the line plays what it is given."""
        for _ in range(int(seconds * 50)):
            self.now_us += FRAME_US
            self.visit.step(self.now_us)
            if self.answered_us is not None:
                played = (self.now_us - self.answered_us) // FRAME_US
                self.visit.take(VoicePlayed(played - 1, self.now_us), self.now_us)

    def has_sent(self, message: type[Message]) -> int:
        return sum(isinstance(sent, message) for sent in self.sent)


def test_the_restaurant_picks_up_after_its_time_of_ringing() -> None:
    guest = Guest("en/accepts")
    guest.line("ringing")
    guest.wait(1.9)
    assert not guest.has_sent(AnswerLine)
    guest.wait(0.2)
    assert guest.has_sent(AnswerLine) == 1


def test_a_restaurant_that_does_not_answer_lets_it_ring() -> None:
    guest = Guest("en/no_answer")
    guest.line("ringing")
    guest.wait(60)
    assert guest.sent == []
    guest.line("ended", reason="far_end")
    assert guest.visit.rang and guest.visit.ended


def test_it_speaks_first_and_gives_up_on_a_caller_that_never_says_a_word() -> None:
    guest = Guest("en/accepts")
    guest.line("ringing")
    guest.wait(3)
    guest.line("answered")
    guest.wait(40)
    assert guest.told[2] == 'says: "good evening golden lantern how can i help you"'
    assert guest.has_sent(HangUp) == 1 and guest.told[-1] == "hangs up"


@pytest.mark.parametrize("event", ["waiting", "ringing", "answered", "heard", "says", "digit", "ended"])
def test_every_event_has_words(event: str) -> None:
    assert (
        in_words(event, {"text": "hello", "digit": "5", "address": "sip:restaurant@127.0.0.1:5070"}) != event
    )
