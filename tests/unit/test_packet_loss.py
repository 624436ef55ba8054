"""Lost packets: how many, in what bursts, and what is heard in their place."""

from __future__ import annotations

import numpy as np
import pytest

from engine.lines import packet_loss
from engine.lines.packet_loss import LOUD_MS, SILENT_MS, Concealed, Losses, period_of
from engine.protocol import LINE_RATE_HZ

FRAME = LINE_RATE_HZ // 50


def voice(count: int, pitch_hz: float = 120.0) -> np.ndarray:
    at = np.arange(count) / LINE_RATE_HZ
    wave = sum(np.sin(2 * np.pi * pitch_hz * n * at) / n for n in range(1, 8))
    return (wave * 5000).astype(np.int16)


def bursts(lost: list[bool]) -> list[int]:
    lengths = [0]
    for each in lost:
        if each:
            lengths[-1] += 1
        elif lengths[-1]:
            lengths.append(0)
    return [length for length in lengths if length]


@pytest.mark.parametrize(("percent", "burst"), [(2, 1), (8, 2), (20, 4)])
def test_as_many_are_lost_as_asked_for_and_as_many_in_a_row(percent: float, burst: float):
    losses = Losses(percent, burst, 1)
    lost = [losses.next() for _ in range(200_000)]
    assert 100 * sum(lost) / len(lost) == pytest.approx(percent, rel=0.1)
    assert np.mean(bursts(lost)) == pytest.approx(burst, rel=0.1)


def test_same_seed_loses_the_same_packets():
    def lost(seed: int) -> list[bool]:
        losses = Losses(10, 2, seed)
        return [losses.next() for _ in range(500)]

    assert lost(7) == lost(7)
    assert lost(7) != lost(8)


def test_line_that_loses_nothing_changes_nothing():
    frame = voice(FRAME)
    assert Concealed(0, 2, 1).over(frame) is frame


class Chosen(Losses):
    """Loses the packets that a test names."""

    def __init__(self, *numbers: int) -> None:
        super().__init__(1, 1, 1)
        self._numbers, self._at = numbers, -1

    def next(self) -> bool:
        self._at += 1
        return self._at in self._numbers


def heard(monkeypatch: pytest.MonkeyPatch, pcm: np.ndarray, *lost: int) -> np.ndarray:
    monkeypatch.setattr(packet_loss, "Losses", lambda *_: Chosen(*lost))
    line = Concealed(5, 2, 1)
    return np.concatenate([line.over(pcm[at : at + FRAME]) for at in range(0, pcm.size, FRAME)])


def test_voice_goes_on_through_a_lost_packet(monkeypatch: pytest.MonkeyPatch):
    pcm = voice(FRAME * 20)
    played = heard(monkeypatch, pcm, 10)
    gap = slice(FRAME * 10, FRAME * 10 + LINE_RATE_HZ * LOUD_MS // 1000)
    error = played[gap].astype(float) - pcm[gap]
    assert np.mean(error**2) < 0.02 * np.mean(pcm[gap].astype(float) ** 2)
    assert np.array_equal(played[: FRAME * 10], pcm[: FRAME * 10])
    assert np.array_equal(played[FRAME * 12 :], pcm[FRAME * 12 :])


def test_nothing_is_left_of_it_after_sixty_milliseconds(monkeypatch: pytest.MonkeyPatch):
    played = heard(monkeypatch, voice(FRAME * 30), *range(10, 20))
    silent = FRAME * 10 + LINE_RATE_HZ * SILENT_MS // 1000
    assert not played[silent : FRAME * 20].any()
    power = [np.mean(played[FRAME * n : FRAME * (n + 1)].astype(float) ** 2) for n in (10, 11, 12)]
    assert power[0] > power[1] > power[2] > 0


def test_there_is_no_click_where_packets_come_again(monkeypatch: pytest.MonkeyPatch):
    pcm = voice(FRAME * 20)
    played = heard(monkeypatch, pcm, 10).astype(int)
    assert np.abs(np.diff(played)).max() <= 1.5 * np.abs(np.diff(pcm.astype(int))).max()


@pytest.mark.parametrize("pitch_hz", [80.0, 120.0, 190.0])
def test_period_of_a_voice_is_found(pitch_hz: float):
    period = period_of(voice(FRAME * 3, pitch_hz).astype(float)[-packet_loss.KEPT_MS * 48 :])
    whole = period * pitch_hz / LINE_RATE_HZ
    assert whole == pytest.approx(round(whole), abs=0.02)  # one period, or several of them


def test_noise_and_silence_have_some_period(monkeypatch: pytest.MonkeyPatch):
    assert period_of(np.zeros(packet_loss.KEPT_MS * 48)) > 0
    assert not heard(monkeypatch, np.zeros(FRAME * 6, np.int16), 3).any()
