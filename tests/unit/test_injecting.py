"""What an operator lets happen at the simulated far end: noise, a dead line, words, a hang-up."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.levels import level_dbfs
from engine.lines.far_end import FRAME_SAMPLES, FRAME_US, FarEnd, Heard
from engine.lines.injecting import LONGEST_TEXT, Injected
from engine.protocol import LINE_RATE_HZ, InjectEvent
from engine.scenario import find, load

S = 1_000_000
SCENARIO = load(find("en/accepts"))


class Ear:
    """Hears what a test puts into it."""

    def __init__(self) -> None:
        self.news: list[Heard] = []

    def heard(self, now_us: int) -> list[Heard]:
        news, self.news = self.news, []
        return news

    def agent_speaks(self, now_us: int) -> bool:
        return False


class Line:
    """A far end that has picked up, frame by frame."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.far_end = FarEnd(SCENARIO, self.ear)
        self.now_us, self.number = S, 0
        self.far_end.answered(self.now_us)

    def inject(self, what: str, **more) -> None:
        self.far_end.inject(InjectEvent(what=what, **more), self.now_us)

    def run(self, seconds: float) -> np.ndarray:
        frames = []
        for _ in range(round(seconds * S / FRAME_US)):
            frames.append(self.far_end.frame(self.number, self.now_us))
            self.number, self.now_us = self.number + 1, self.now_us + FRAME_US
        return np.concatenate(frames)

    def said(self) -> list[str]:
        return [said.text for said in self.far_end.said]


@pytest.fixture
def greeted() -> Line:
    """A line on which the greeting has been said."""
    line = Line()
    line.run(4)
    assert line.said() == ["good evening golden lantern how can i help you"]
    line.far_end.said.clear()
    return line


def test_noise_has_its_level_and_ends(greeted):
    greeted.inject("noise", level_dbfs=-30, seconds=1)
    during, after = greeted.run(1), greeted.run(0.5)
    assert level_dbfs(during) == pytest.approx(-30, abs=0.5)
    assert level_dbfs(after) < -55


def test_noise_lies_under_what_is_said():
    line = Line()
    line.inject("noise", level_dbfs=-25, seconds=10)
    pcm = line.run(4)
    assert line.said() == ["good evening golden lantern how can i help you"]
    assert level_dbfs(pcm[: FRAME_SAMPLES * 10]) == pytest.approx(-25, abs=0.5)


def test_a_dead_line_carries_nothing_and_the_restaurant_goes_on():
    line = Line()
    line.inject("silence", seconds=30)
    assert not line.run(4).any()
    assert line.said() == []  # nobody has heard it
    line.ear.news = [Heard("I would like a table for four people on Friday at seven thirty p m.", over=True)]
    assert not line.run(5).any()
    assert "time" in line.far_end.persona.known


def test_words_that_were_half_lost_count_from_where_they_were_heard():
    line = Line()
    line.inject("silence", seconds=1.5)
    pcm = line.run(4)
    (said,) = line.far_end.said
    first = int(np.flatnonzero(np.abs(pcm) > 300)[0]) * S // LINE_RATE_HZ  # in the call
    assert said.start_us >= S + int(1.5 * S) - FRAME_US
    assert abs(said.start_us + FRAME_US - (S + first)) < 300_000
    assert said.end_us > said.start_us


def test_injected_words_are_said_in_the_restaurants_voice_and_told_as_the_truth(greeted):
    greeted.inject("say", text="  we close\nat ten ")
    pcm = greeted.run(3)
    assert greeted.said() == ["we close at ten"]
    (said,) = greeted.far_end.said
    assert said.end_us - said.start_us > 300_000
    assert level_dbfs(pcm) > -35
    spectrum = np.abs(np.fft.rfft(pcm.astype(np.float64)))
    above_telephone = int(4200 * pcm.size / LINE_RATE_HZ)
    assert spectrum[above_telephone:].max() < spectrum[:above_telephone].max() / 50


def test_injected_words_wait_for_what_is_being_said():
    line = Line()
    line.inject("say", text="we close at ten")
    line.run(8)
    assert line.said() == ["good evening golden lantern how can i help you", "we close at ten"]


def test_the_restaurants_own_part_goes_on_after_injected_words(greeted):
    greeted.inject("say", text="wait a moment please")
    greeted.run(0.2)
    greeted.ear.news = [Heard("A table for four people on Friday at seven thirty p m please.", over=True)]
    greeted.run(8)
    assert greeted.said() == ["wait a moment please", "yes of course we have a table at half past seven"]


def test_while_injected_words_are_said_the_restaurant_does_not_wonder_where_the_agent_is(greeted):
    alone = Line()
    alone.run(14)
    assert "hello this is golden lantern" in alone.said()  # it does, when left alone
    greeted.run(2)
    greeted.inject("say", text=" ".join(["one two three four five six seven"] * 4))
    greeted.run(6)
    assert "hello this is golden lantern" not in greeted.said()


def test_two_injected_lines_are_said_one_after_the_other(greeted):
    greeted.inject("say", text="we close at ten")
    greeted.inject("say", text="and the kitchen at nine")
    greeted.run(6)
    assert greeted.said() == ["we close at ten", "and the kitchen at nine"]
    first, second = greeted.far_end.said
    assert first.end_us < second.start_us


def test_an_injected_hang_up_ends_the_far_end(greeted):
    assert not greeted.far_end.hung_up
    greeted.inject("hang_up")
    assert greeted.far_end.hung_up


def test_what_would_last_for_ever_or_be_too_loud_is_kept_within_bounds():
    injected = Injected()
    injected.take(InjectEvent(what="silence", seconds=1e9), 0)
    assert injected.is_silent(59 * S) and not injected.is_silent(60 * S)
    injected = Injected()
    injected.take(InjectEvent(what="noise", seconds=-5), 0)
    quiet = np.zeros(FRAME_SAMPLES, np.int16)
    assert not injected.over(quiet, 0).any()
    injected.take(InjectEvent(what="noise", level_dbfs=400), 0)
    assert level_dbfs(injected.over(quiet, 0)) <= 1.0
    injected.take(InjectEvent(what="say", text="x" * 10_000), 0)
    assert len(injected.words[0]) == LONGEST_TEXT


def test_no_words_and_a_failing_provider_are_not_the_far_ends_business():
    injected = Injected()
    injected.take(InjectEvent(what="say", text="  "), 0)
    injected.take(InjectEvent(what="fail", room="tts"), 0)
    assert not injected.words and not injected.hangs_up


def test_a_step_of_silence_lasts_as_long_as_it_says():
    line = Line()
    assert line.far_end.voice.play("silence", 2.0).last == 2 * LINE_RATE_HZ
