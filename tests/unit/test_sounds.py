"""Tones, music, noise and silence are heard as what they are; speech is none of them, and no word is lost."""

from __future__ import annotations

import json
import os
import wave
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from engine.audio.levels import level_dbfs
from engine.audio.silero import WINDOW_MS, WINDOW_SAMPLES, SileroNetwork, SpeechStream
from engine.protocol import SoundHeard
from engine.turns.endpointing import Window
from engine.turns.sound_spans import SoundSpans
from engine.turns.sounds import Sounds
from tests.fakes.line_sounds import music, noise, pcm, quiet, tone, voice

SPEECH = Path(os.environ.get("CALL_THING_SHARED", "../shared")) / "data" / "speech"
HELLO = "good evening, this is the golden lantern, how can I help you?"
EU_BUSY = [tone((425,), 500), quiet(500)] * 3


class Told(NamedTuple):
    """What came of some audio: events with the time of each, and the windows that were passed on."""

    events: list[tuple[SoundHeard, int]]
    windows: list[tuple[Window, int]]

    @property
    def begun(self) -> list[str]:
        return [event.sound for event, _ in self.events if event.on]


@pytest.fixture(scope="module")
def network() -> SileroNetwork:
    return SileroNetwork()


@pytest.fixture
def told(network):
    def run(*parts: np.ndarray) -> Told:
        samples, stream, sounds = pcm(*parts), SpeechStream(network), Sounds(-55.0)
        result = Told([], [])
        for at in range(0, samples.size - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
            now_ms = (at // WINDOW_SAMPLES + 1) * WINDOW_MS
            ((probability, heard),) = stream.feed(samples[at : at + WINDOW_SAMPLES])
            window = Window(probability, level_dbfs(heard), now_ms)
            result.events.extend((event, now_ms) for event in sounds.hear(window, heard, our_voice=False))
            if sounds.has_stopped:
                stream.forget()
            result.windows.extend((each, now_ms) for each in sounds.pass_on(window))
        return result

    return run


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("ringback", [tone((425,), 1000), quiet(4000)]),
        ("ringback", [tone((440, 480), 2000), quiet(4000)]),
        ("ringback", [tone((400, 450), 400), quiet(200), tone((400, 450), 400), quiet(2000)]),
        ("busy", EU_BUSY),
        ("busy", [tone((425,), 250), quiet(250)] * 4),
        ("busy", [tone((400,), 375), quiet(375)] * 3),
        ("busy", [tone((480, 620), 500), quiet(500)] * 2),
        ("busy", [tone((350, 440), 2000)]),
        ("information", [tone((950,), 330), tone((1400,), 330), tone((1800,), 330), quiet(1000)]),
        ("information", [tone((914,), 274), tone((1371,), 274), tone((1777,), 380), quiet(1000)]),
    ],
)
@pytest.mark.parametrize("level_db", [-15, 0])
@pytest.mark.parametrize("noisy", [False, True])
def test_tones_of_the_network_are_known(told, name, parts, level_db, noisy):
    sent = np.concatenate([quiet(300), *parts]) * 10 ** (level_db / 20)
    behind = noise(sent.size / 16, -35 + level_db) if noisy else 0
    assert told(sent + behind).begun == [name]


def test_a_cadence_is_one_sound_that_ends_once(told):
    events = told(quiet(300), *EU_BUSY, *EU_BUSY, quiet(2500)).events
    assert [(event.sound, event.on) for event, _ in events] == [("busy", True), ("busy", False)]
    assert abs(events[0][0].at_ms - 300) <= 64
    assert abs(events[1][0].at_ms - 5800) <= 96


@pytest.mark.parametrize("hz", [440, 850, 1000, 1400, 2000])
@pytest.mark.parametrize("ms", [150, 400, 1000])
def test_one_tone_after_a_greeting_is_a_beep(told, hz, ms):
    said = voice(HELLO)
    ends = (said.size + quiet(250).size) / 16 + ms
    events = told(said, quiet(250), tone((hz,), ms), quiet(1200)).events
    assert [(event.sound, event.on) for event, _ in events] == [("beep", True), ("beep", False)]
    assert abs(events[1][0].at_ms - ends) <= 96
    assert events[1][1] - ends <= 400


def test_a_busy_tone_after_a_goodbye_is_no_beep(told):
    assert told(voice(HELLO), quiet(400), *EU_BUSY).begun == ["busy"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_music_is_known_and_passes_nothing_on_that_sounds_like_speech(told, seed):
    result = told(music(8000, seed=seed))
    assert result.begun == ["music"]
    assert result.events[0][1] <= 3000
    assert max(window.probability for window, at_ms in result.windows if at_ms > 3000) == 0.0


@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
@pytest.mark.parametrize("gap_ms", [0, 400])
def test_music_begins_after_the_words_before_it(told, language, gap_ms):
    asked = voice("one moment please", language)
    events = told(asked, quiet(gap_ms), music(6000)).events
    (on,) = [event for event, _ in events if event.sound == "music" and event.on]
    assert on.at_ms >= asked.size / 16 - 200
    spans = SoundSpans()
    spans.told(on)
    assert spans.reason_to_drop(200, int(asked.size / 16)) == ""


@pytest.mark.parametrize("gap_ms", [0, 150, 700])
@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
def test_somebody_who_is_back_after_music_is_heard_at_once_with_all_they_said(told, gap_ms, language):
    back = voice("yes, we have a table", language)
    begins = 8000 + gap_ms + int(np.argmax(np.abs(back) > 300)) // 16
    result = told(music(8000), quiet(gap_ms), back, quiet(1500))
    off = [(event, at_ms) for event, at_ms in result.events if event.sound == "music" and not event.on]
    assert len(off) == 1
    assert off[0][1] - begins <= 500
    voiced = [window.end_ms for window, _ in result.windows if window.probability >= 0.5]
    assert voiced[0] - begins <= 350
    assert len(voiced) == len(set(voiced))
    assert voiced == sorted(voiced)


def test_somebody_who_speaks_over_the_music_is_heard(told):
    back = voice("sorry to keep you waiting, yes, we have a table for four people")
    mixed = music(8000, -30)
    mixed = np.concatenate([mixed, mixed[: back.size] + back])
    off = [at_ms for event, at_ms in told(mixed).events if event.sound == "music" and not event.on]
    assert len(off) == 1
    assert off[0] - 8000 <= 700


def test_noise_and_silence_that_last_are_told_once(told):
    assert told(quiet(9000)).begun == ["silence"]
    assert told(noise(9000, -62)).begun == ["silence"]
    assert told(noise(9000, -30)).begun == ["noise"]


@pytest.mark.parametrize("language", ["en", "de", "es", "nl"])
@pytest.mark.parametrize("pitch", [20, 50, 80])
def test_speech_is_no_sound(told, language, pitch):
    words = f"{HELLO} we have a table for four at seven, may I have your name and your number? "
    assert told(voice(words * 2, language, pitch)).begun == []


def test_a_short_word_between_two_rings_is_somebody(network):
    sounds = Sounds(-55.0)
    stream = SpeechStream(network)
    samples = pcm(tone((425,), 1000), quiet(1000))
    for at in range(0, samples.size - WINDOW_SAMPLES + 1, WINDOW_SAMPLES):
        ((probability, heard),) = stream.feed(samples[at : at + WINDOW_SAMPLES])
        sounds.hear(
            Window(probability, level_dbfs(heard), (at // WINDOW_SAMPLES + 1) * WINDOW_MS), heard, False
        )
    (off,) = sounds.of_turn(1500, 1900)
    assert (off.sound, off.on) == ("ringback", False)
    assert off.at_ms <= 1100


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(-120, 0), st.sampled_from([0.0, 425.0, 1000.0, 3000.0])),
        max_size=200,
    )
)
def test_whatever_is_heard_each_window_comes_out_at_most_once_and_in_order(looks):
    sounds, out, on = Sounds(-55.0), [], set()
    for number, (probability, level, hz) in enumerate(looks):
        samples = (
            tone((hz,), 32, max(level, -60)).astype(np.int16) if hz else np.zeros(WINDOW_SAMPLES, np.int16)
        )
        window = Window(probability, level, (number + 1) * WINDOW_MS)
        for event in sounds.hear(window, samples, our_voice=False):
            assert event.on != (event.sound in on)
            on.symmetric_difference_update({event.sound})
        out += [each.end_ms for each in sounds.pass_on(window)]
    assert out == sorted(set(out))


def test_words_under_a_sound_are_not_believed_and_others_are():
    spans = SoundSpans()
    spans.told(SoundHeard("music", True, 1000))
    assert "music" in spans.reason_to_drop(1200, 3000)
    spans.told(SoundHeard("music", False, 6000))
    assert spans.reason_to_drop(6200, 7000) == ""
    assert spans.reason_to_drop(5500, 7500) == ""
    assert "music" in spans.reason_to_drop(4000, 6500)
    spans.told(SoundHeard("noise", True, 7000))
    assert spans.reason_to_drop(7000, 8000) == ""


def clips() -> list[dict]:
    index = SPEECH / "index.jsonl"
    return [json.loads(line) for line in index.read_text().splitlines()] if index.exists() else []


@pytest.mark.skipif(not clips(), reason=f"no recorded clips under {SPEECH}; set CALL_THING_SHARED")
def test_recorded_clips_are_what_they_are(told):
    wanted = {
        "music": {"music"},
        "noise": {"noise"},
        "silence": {"silence"},
        "tone": {"ringback", "busy"},
        "dtmf": set(),
    }
    for clip in clips():
        with wave.open(str(SPEECH / clip["file"])) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(float)
        begun = set(told(samples, quiet(500)).begun)
        if clip["kind"] == "speech":
            assert begun <= ({"ringback"} if "ringback" in clip["file"] else set()), clip["file"]
        else:
            assert begun <= wanted[clip["kind"]], clip["file"]
            assert bool(begun) == bool(wanted[clip["kind"]]), clip["file"]
