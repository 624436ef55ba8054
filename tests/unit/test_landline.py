"""What an analogue line and eight bits leave of a voice."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.levels import level_dbfs
from engine.lines.sounds import TELEPHONE_RATE_HZ, RestaurantVoice, landline
from engine.protocol import LINE_RATE_HZ
from engine.scenario_parts import Restaurant

AT_S = np.arange(TELEPHONE_RATE_HZ) / TELEPHONE_RATE_HZ


def tone(hz: float, dbfs: float = -10.0) -> np.ndarray:
    return (32767 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * AT_S)).astype(np.int16)


@pytest.mark.parametrize("hz", [350, 1000, 3300])
def test_what_a_voice_is_understood_by_passes(hz: float):
    assert level_dbfs(landline(tone(hz))) == pytest.approx(-10, abs=1.0)


@pytest.mark.parametrize("hz", [60, 120, 3800])
def test_what_is_lower_or_higher_does_not_pass(hz: float):
    assert level_dbfs(landline(tone(hz))) < -30


@pytest.mark.parametrize("dbfs", [-10, -25, -40])
def test_eight_bits_hiss_as_much_below_a_quiet_voice_as_below_a_loud_one(dbfs: float):
    loud = tone(1000, dbfs)
    distance_db = dbfs - level_dbfs((landline(loud) - loud.astype(int)).astype(np.int16))
    assert 30 < distance_db < 45  # A-law has about 38 dB over 40 dB of level


def test_voice_on_an_old_line_has_its_level_and_nothing_above_the_line():
    said = RestaurantVoice(Restaurant(band="landline", level_dbfs=-30), "de+m3").speak("guten abend")
    power = np.abs(np.fft.rfft(said.pcm)) ** 2
    hz = np.fft.rfftfreq(said.pcm.size, 1 / LINE_RATE_HZ)
    assert power[hz > 4000].sum() < 1e-3 * power.sum()
    assert power[hz < 150].sum() < 0.02 * power.sum()
    assert level_dbfs(said.pcm[said.first : said.last]) == pytest.approx(-30, abs=3)
