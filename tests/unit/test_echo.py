"""Our own voice that comes back: it interrupts nobody, and whoever speaks over it is heard."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest

from engine.audio.levels import audible_span, level_dbfs, with_level
from engine.audio.resample import Decimator
from engine.audio.silero import SileroNetwork, SpeechStream
from engine.protocol import BargeIn, Echo
from engine.settings import TurnSettings, VadSettings
from engine.turns.barge_in import BargeInJudge
from engine.turns.echo import EchoMeter, Heard
from engine.turns.echo_path import BLOCK, EchoPath, OurVoice, find
from engine.turns.endpointing import Endpointer, Window
from tests.fakes.echo_line import at, conversation, drawn_voice, echo_of, mixed, our_voice, with_noise
from tests.fakes.fake_bus import Wait
from tests.fakes.far_ends import silence, speech

OURS = {
    "en": "Good evening, I would like to book a table for two.",
    "de": "Guten Abend, ich möchte gern einen Tisch reservieren.",
    "es": "Buenas tardes, quisiera reservar una mesa para dos.",
    "nl": "Goedenavond, ik wil graag een tafel reserveren.",
}
STARTS_MS = 300
SHARED = Path(os.environ.get("CALL_THING_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "speech"


@pytest.fixture(scope="module")
def network():
    return SileroNetwork()


def echoing(text_language: str, return_db: float, delay_ms: int, noise_dbfs: float | None = None):
    """Our voice, and the line with nothing but its echo."""
    ours = our_voice(OURS[text_language], text_language)
    back = at(STARTS_MS, echo_of(np.concatenate([ours, np.zeros(48_000, np.int16)]), return_db, delay_ms))
    return ours, with_noise(mixed(back, silence(STARTS_MS + ours.size // 48 + 1400)), noise_dbfs)


def listen(network, far, ours, lead: int = 3):
    """What the judge and the endpointer say behind the meter, its reports, and the windows that it let through."""
    meter, stream = EchoMeter(VadSettings()), SpeechStream(network)
    judge, endpointer = BargeInJudge(VadSettings(), TurnSettings()), Endpointer(VadSettings(), TurnSettings())
    decimator, said, reports, passed = Decimator(3), [], [], []
    our_voice_until_ms, end_ms = -1, 0
    for delivery in conversation(far, (STARTS_MS, ours), lead=lead):
        if isinstance(delivery, Wait):
            continue
        header, message = delivery
        if type(message).__name__ == "AgentFrame":
            our_voice_until_ms = end_ms + 60
            meter.sent(decimator.feed(np.frombuffer(message.pcm, np.int16)), header.time_us)
            continue
        end_ms += 20
        meter.far_clock(end_ms, header.time_us)
        for probability, samples in stream.feed(np.frombuffer(message.pcm, np.int16)):
            window = Window(probability, level_dbfs(samples), end_ms - stream.waiting_samples // 16)
            for heard in meter.hear(window, samples, end_ms < our_voice_until_ms):
                passed.append((heard, window, end_ms))
                action = judge.step(*heard)
                said += [(end_ms, action)] if action else []
                said += [(end_ms, event) for event in endpointer.step(heard.window)]
            report = meter.report()
            reports += [report] if report else []
    return said, reports, passed


@pytest.mark.parametrize(
    ("language", "return_db", "delay_ms", "noise_dbfs"),
    [
        ("en", -10, 20, None),
        ("de", -20, 120, -50.0),
        ("es", -20, 400, None),
        ("nl", -10, 250 + 150, -50.0),
        ("de", -30, 60 + 45, None),
        ("en", -20, 550, None),
        ("nl", -40, 120, None),
    ],
)
def test_an_echo_alone_is_no_speech(network, language, return_db, delay_ms, noise_dbfs):
    ours, far = echoing(language, return_db, delay_ms, noise_dbfs)
    said, reports, _ = listen(network, far, ours)
    assert said == []
    assert reports


def test_an_echo_is_measured_twice_a_second(network):
    ours, far = echoing("en", -20, 120)
    _, reports, _ = listen(network, far, ours, lead=1)
    assert all(isinstance(report, Echo) for report in reports)
    assert len(reports) <= (ours.size / 48_000 + 0.5) * 2 + 1
    assert abs(reports[-1].return_db + 20) <= 5
    assert abs(reports[-1].delay_ms - 120) <= 20
    assert reports[-1].correlation > 0.9


def slipped(far: np.ndarray, at_ms: int, slip_ms: int) -> np.ndarray:
    """The line loses so much of its audio at that point; below 0: it sends so much of it twice."""
    return np.concatenate([far[: at_ms * 16], far[(at_ms - slip_ms) * 16 :]])


@pytest.mark.parametrize("said_before", ["", "We are four people.", "Nguyen, Ortega, O'Brien: 7 or 8?"])
@pytest.mark.parametrize(("language", "slip_ms"), [("de", -20), ("es", 40), ("nl", -60), ("en", 20)])
def test_a_delay_that_slips_by_a_frame_is_followed(network, language, slip_ms, said_before):
    our_voice.cache_clear()  # espeak's sound depends on what it said before
    if said_before:
        our_voice(said_before)
    ours, far = echoing(language, -20, 120)
    assert listen(network, slipped(far, 1700, slip_ms), ours)[0] == []


def voiced_windows(far, ours, threshold_dbfs: float = -55.0) -> list[int]:
    """The ends, in ms, of the windows that the meter passes on as speech; every loud one is taken for speech here."""
    meter, decimator = EchoMeter(VadSettings()), Decimator(3)
    heard: list[Heard] = []
    waiting, end_ms = np.empty(0, np.int16), 0
    for delivery in conversation(far, (STARTS_MS, ours)):
        if isinstance(delivery, Wait):
            continue
        header, message = delivery
        pcm = np.frombuffer(message.pcm, np.int16)
        if type(message).__name__ == "AgentFrame":
            meter.sent(decimator.feed(pcm), header.time_us)
            continue
        end_ms += 20
        meter.far_clock(end_ms, header.time_us)
        waiting = np.concatenate([waiting, pcm])
        while waiting.size >= 512:
            samples, waiting = waiting[:512], waiting[512:]
            dbfs = level_dbfs(samples)
            window = Window(0.9 if dbfs > threshold_dbfs else 0.1, dbfs, end_ms - waiting.size // 16)
            heard += meter.hear(window, samples, True)
    return [each.window.end_ms for each in heard if each.window.probability >= 0.5]


@pytest.mark.parametrize("slip_ms", [-60, -40, -20, 20, 40, 60])
@pytest.mark.parametrize(("seed", "return_db", "delay_ms"), [(0, -20, 120), (2, -20, 120), (1, -30, 250)])
def test_no_window_of_our_own_voice_passes_for_somebody_elses_while_its_delay_slips(
    seed, return_db, delay_ms, slip_ms
):
    ours = drawn_voice(seed)
    back = at(STARTS_MS, echo_of(ours, return_db, delay_ms))
    far = mixed(back, silence(STARTS_MS + ours.size // 48 + 1000))
    assert voiced_windows(slipped(far, 1700, slip_ms), ours) == []


@pytest.mark.parametrize("slip_ms", [-40, 0, 20])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_who_begins_to_speak_as_the_delay_slips_is_heard_within_the_usual_time(seed, slip_ms):
    ours, theirs, onset_ms = drawn_voice(seed), drawn_voice(seed + 100, 1000)[::3], 1700
    first, last = audible_span(theirs, 16_000)
    theirs = with_level(theirs[first:last], -20)
    back = at(STARTS_MS, echo_of(ours, -20, 120))
    far = slipped(mixed(back, silence(STARTS_MS + ours.size // 48 + 1000)), onset_ms, slip_ms)
    without_echo = voiced_windows(at(onset_ms, theirs), ours)
    windows = voiced_windows(mixed(far, at(onset_ms, theirs)), ours)
    assert onset_ms < windows[0] <= without_echo[0] + 64
    assert len(windows) >= 0.8 * len(without_echo)


def test_somebody_elses_voice_is_no_slip_of_our_own():
    ours = OurVoice()
    voice = drawn_voice(0)[::3]
    for number in range(100):
        ours.add(voice[number * 320 : (number + 1) * 320], number * 20)
    lag, end = 1000, 8000
    path = EchoPath(ours, lag, ours.between(end - BLOCK - lag, BLOCK) * 0.1, end)
    moved = path.slipped(ours.between(end + 256 - BLOCK - lag - 320, BLOCK) * 0.1, end + 256)
    assert moved.sure and abs(moved.lag - lag - 320) <= 2
    blocks = 0
    for seed in range(1, 6):
        other = drawn_voice(seed)[::6].astype(np.float32) * 0.1
        for first in range(0, other.size - BLOCK, 256):
            assert not path.slipped(other[first : first + BLOCK], end).sure
            blocks += 1
    assert blocks > 300


def interruption(network, far, ours, onset_ms):
    said, _, _ = listen(network, far, ours)
    first = {}
    for at_ms, event in said:
        if isinstance(event, BargeIn) and at_ms > onset_ms:
            first.setdefault(event.action, at_ms - onset_ms)
    return first


@pytest.mark.parametrize(
    ("return_db", "level_dbfs", "onset_ms"),
    [
        (None, -20, 300),
        (None, -26, 1500),
        (-20, -12, 1500),
        (-20, -26, 900),
        (-10, -18, 1500),
        (-30, -6, 300),
    ],
)
def test_who_speaks_over_us_holds_and_cuts_us_with_and_without_an_echo(
    network, return_db, level_dbfs, onset_ms
):
    ours, far = echoing("en", -20 if return_db is None else return_db, 120)
    if return_db is None:
        far = silence(far.size // 16)
    far = mixed(far, at(onset_ms, speech("Sorry, could you say that again please?", level_dbfs=level_dbfs)))
    first = interruption(network, far, ours, onset_ms)
    assert first["hold"] <= 180
    assert first["cut"] <= 1700  # no words are known here


def test_mhm_over_an_echo_is_heard(network):
    ours, far = echoing("en", -20, 120)
    mhm = speech("Ah.")[: 160 * 16]
    said, _, _ = listen(network, mixed(far, at(1500, mhm)), ours)
    actions = [event.action for _, event in said if isinstance(event, BargeIn)]
    assert actions[:1] in (["duck"], ["hold"])
    assert "cut" not in actions


def test_the_far_end_alone_is_passed_on_window_by_window(network):
    stream, meter = SpeechStream(network), EchoMeter(VadSettings())
    for number, (probability, samples) in enumerate(stream.feed(speech("Good evening, La Luna."))):
        window = Window(probability, -20.0, (number + 1) * 32)
        assert meter.hear(window, samples, False) == [Heard(window, False)]


def test_nothing_is_held_back_on_a_line_that_was_quiet_while_we_spoke(network):
    ours, far = echoing("en", -20, 120)
    far = mixed(silence(far.size // 16), at(1800, speech("Sorry, what was that?")))
    _, _, passed = listen(network, far, ours)
    for heard, newest, _ in passed:
        assert heard.window == newest


def test_windows_come_out_in_order_and_none_is_lost(network):
    ours, far = echoing("es", -20, 250, -50.0)
    far = mixed(far, at(1200, speech("Perdone, no le he entendido.", "es")))
    _, _, passed = listen(network, far, ours)
    ends = [heard.window.end_ms for heard, _, _ in passed]
    assert ends == sorted(set(ends))
    assert len(ends) >= far.size // 512 - 2
    assert all(end_ms - heard.window.end_ms <= 64 + 20 for heard, _, end_ms in passed)


def test_what_is_held_when_the_line_ends_counts_as_speech(network):
    meter = EchoMeter(VadSettings())
    voice, other = our_voice(OURS["en"]), speech("Good evening, La Luna.")
    for first in range(0, 9600, 320):
        meter.sent(voice[::3][first : first + 320], 0)
    held = Window(0.9, -20.0, 256)
    assert meter.hear(held, other[1024:1536], True) == []
    assert meter.flush() == [Heard(held, True)]
    assert meter.flush() == []


def test_a_block_of_our_voice_is_found_where_it_was_sent():
    ours = OurVoice()
    voice = (
        np.random.default_rng(7).normal(0, 3000, 60 * 320).astype(np.int16)
    )  # espeak's depends on what it said before
    for number in range(60):
        ours.add(voice[number * 320 : (number + 1) * 320], number * 20)
    end, lag = 8000, 1000
    found = find(ours, ours.between(end - BLOCK - lag, BLOCK) * 0.1, end)
    assert abs(found.lag - lag) <= 4  # the filter takes up the rest
    assert found.explained > 0.99
    assert found.clearness > 6


def test_frames_sent_ahead_follow_one_another_without_a_gap():
    ours = OurVoice()
    for now_ms in (100, 100, 100, 120, 147, 160):
        ours.add(np.full(320, 1000, np.int16), now_ms)
    assert ours.end == (100 + 6 * 20) * 8
    ours.add(np.full(320, 1000, np.int16), 500)
    assert ours.end == 520 * 8
    assert ours.levels(0, 1000)[-1] < ours.levels(0, 1000)[0] + 60
    assert not ours.between(220 * 8 + 16, 200).any()


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"no recordings in {SHARED.name}; set CALL_THING_SHARED")
@pytest.mark.parametrize("recording", ["en-lj-0008", "de-thorsten-02", "nl-vl-00203-tel", "es-word-manzana"])
def test_people_on_recordings_cut_us_over_an_echo(network, recording):
    with wave.open(str(SHARED / f"{recording}.wav")) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    first, _ = audible_span(pcm, 16_000)
    ours, far = echoing(recording[:2], -20, 120)
    far = mixed(far, at(1200, with_level(pcm[first:], -20)))
    assert "cut" in interruption(network, far, ours, 1200)
