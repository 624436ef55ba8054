"""transcribe: somebody speaks for long, or the recogniser is slow."""

from __future__ import annotations

import itertools

import pytest

from engine.protocol import SpeechPaused, SpeechStarted, Transcript, TurnEnded
from engine.recognizers.base import Recognition
from engine.workers import transcribe
from tests.fakes.fake_bus import Wait, heard
from tests.fakes.far_ends import frames, noise, silence


class Counting:
    """Says how many 20 ms frames it was given, and takes its time for it."""

    def __init__(self, clock, takes_ms: int = 0) -> None:
        self.clock, self.takes_ms = clock, takes_ms
        self.names: list[tuple[str, ...]] = []

    def transcribe(self, pcm, language, names=()) -> Recognition:
        self.clock.now_us += self.takes_ms * 1000
        self.names.append(tuple(names))
        return Recognition(f"{pcm.size // 320} frames", language or "en", 0.9, 0.0)


def spoken(bus, opened, recognizer, ms: int) -> list[Transcript]:
    """A turn that long, in the time that it takes."""
    start, rest = 400, noise(ms, -20.0)
    live = list(
        itertools.chain.from_iterable((each, Wait(20)) for each in frames(silence(start), rest, silence(400)))
    )
    begun, end_ms = start // 20 * 2 + 10, start + ms
    bus.steps = [
        heard(opened()), *live[:begun], heard(SpeechStarted(1, start)), *live[begun:], heard(SpeechPaused(1, end_ms)),
        heard(TurnEnded(1, start, end_ms, end_ms + 352, 350, "")),
    ]  # fmt: skip
    transcribe.run(bus, recognizer, bus.clock.read)
    return bus.said(Transcript)


@pytest.fixture
def bus(bus_of):
    return bus_of("transcribe")


def test_a_turn_longer_than_any_window_is_recognised_from_its_beginning(bus, opened, clock):
    *_, final = spoken(bus, opened, Counting(clock), 45_000)
    assert final.final
    assert final.text == f"{(240 + 45_000 + 128) // 20} frames"


def test_a_slow_recogniser_gives_fewer_partials_and_is_free_at_the_pause(bus_of, opened, clock):
    def partials(takes_ms: int) -> list[Transcript]:
        bus = bus_of("transcribe")
        return [each for each in spoken(bus, opened, Counting(bus.clock, takes_ms), 6000) if not each.final]

    fast, slow = len(partials(10)), len(partials(300))
    assert fast >= 20
    assert 4 <= slow <= 6000 // (300 * 4) + 2


def test_the_recogniser_is_told_the_names_of_the_task(bus, opened, clock):
    recognizer = Counting(clock)
    spoken(bus, opened, recognizer, 1000)
    task = opened().task
    assert set(recognizer.names) == {(task.restaurant, task.name)}
