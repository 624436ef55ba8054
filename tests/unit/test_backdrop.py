"""Noise behind a simulated restaurant: its distance to the voice, its spectrum, and that it never ends."""

from __future__ import annotations

import numpy as np
import pytest

from engine.audio.levels import level_dbfs
from engine.audio.resample import Decimator
from engine.audio.silero import WINDOW_SAMPLES, SileroNetwork, SpeechStream
from engine.lines.backdrop import LOOP_S, Backdrop, backdrop
from engine.lines.sounds import Noise, noise_of
from engine.protocol import HEARING_RATE_HZ, LINE_RATE_HZ
from engine.scenario_parts import Restaurant
from engine.turns.sounds import Sounds
from engine.turns.windows import Window

KINDS = ("white", "pub", "street")
SILENCE = np.zeros(LINE_RATE_HZ * LOOP_S, np.int16)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("snr_db", [10, 5])
def test_noise_is_as_far_below_the_voice_as_the_scenario_says(kind, snr_db: int):
    noise = noise_of(Restaurant(level_dbfs=-20, snr_db=snr_db, noise=kind), 1)
    assert level_dbfs(noise.add(SILENCE)) == pytest.approx(-20 - snr_db, abs=0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_made_that_the_line_would_not_let_through(kind):
    wave = backdrop(kind, 3, 3400)
    power = np.abs(np.fft.rfft(wave)) ** 2
    hz = np.fft.rfftfreq(wave.size, 1 / LINE_RATE_HZ)
    assert power[hz > 3400].sum() < 1e-6 * power.sum()


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_is_the_same_noise_and_another_seed_is_another(kind):
    assert np.array_equal(backdrop(kind, 1, 4000), backdrop(kind, 1, 4000))
    assert not np.array_equal(backdrop(kind, 1, 4000), backdrop(kind, 2, 4000))


@pytest.mark.parametrize("kind", KINDS)
def test_loop_goes_over_into_itself_without_a_step(kind):
    wave = backdrop(kind, 1, 4000)
    steps = np.abs(np.diff(wave))
    assert abs(wave[0] - wave[-1]) <= steps.max()


def test_frames_one_by_one_are_the_same_as_one_long_stretch():
    frame = np.zeros(960, np.int16)
    one, other = (Backdrop("pub", -30, 5, 4000) for _ in range(2))
    frames = np.concatenate([one.add(frame) for _ in range(50)])
    assert np.array_equal(frames, other.add(np.zeros(960 * 50, np.int16)))


def test_street_is_lower_than_a_room_full_of_people():
    def middle_hz(kind) -> float:
        wave = backdrop(kind, 1, 4000)
        power = np.abs(np.fft.rfft(wave)) ** 2
        hz = np.fft.rfftfreq(wave.size, 1 / LINE_RATE_HZ)
        return float((hz * power).sum() / power.sum())

    assert middle_hz("street") < middle_hz("pub") < middle_hz("white")


@pytest.mark.parametrize("kind", ["pub", "street"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_is_behind_a_voice_is_no_music_and_nobody_speaking(kind, seed: int):
    """Else the agent would wait for the music to stop, or for the room to finish its sentence."""
    noise = noise_of(Restaurant(level_dbfs=-20, snr_db=10, noise=kind), seed)
    heard = Decimator(LINE_RATE_HZ // HEARING_RATE_HZ).feed(noise.add(SILENCE))
    stream, sounds = SpeechStream(SileroNetwork()), Sounds(-55.0)
    begun, speech = set(), []
    for at in range(0, heard.size - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        ((probability, samples),) = stream.feed(heard[at : at + WINDOW_SAMPLES])
        window = Window(probability, level_dbfs(samples), at // 16)
        begun |= {event.sound for event in sounds.hear(window, samples, our_voice=False) if event.on}
        speech.append(probability > 0.5)
        list(sounds.pass_on(window))
    assert begun == {"noise"}
    assert np.mean(speech) < 0.1


def test_a_restaurant_that_says_nothing_of_noise_has_the_hiss_of_a_line():
    assert isinstance(noise_of(Restaurant(), 1), Noise)
    quiet = noise_of(Restaurant(noise_dbfs=None), 1)
    assert not quiet.add(SILENCE).any()


def test_a_kind_of_noise_may_have_a_level_of_its_own():
    noise = noise_of(Restaurant(noise_dbfs=-40, noise="street"), 1)
    assert level_dbfs(noise.add(SILENCE)) == pytest.approx(-40, abs=0.3)
