"""playback: one frame every 20 ms by the test's clock."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from engine.protocol import (
    AgentFrame,
    BargeIn,
    CallClosed,
    Flag,
    FlushVoice,
    PlaybackStarted,
    SpeechAudio,
    Spoken,
    VoicePlayed,
    WordMark,
)
from engine.workers import playback
from tests.fakes.fake_bus import Do, Wait, heard

FRAME = 960


@pytest.fixture
def bus(bus_of):
    return bus_of("playback")


def audio(
    frames: int = 5, utterance: int = 1, index: int = 0, ends: bool = True, text: str = "Good evening"
) -> SpeechAudio:
    marks = (WordMark(0, 4), WordMark(frames * FRAME // 2, len(text)))
    pcm = np.full(frames * FRAME, 1000, np.int16).tobytes()
    return SpeechAudio(utterance, index, 0, True, ends, 3, text, pcm, marks, tts_us=2500)


def times(bus, call=1):
    return [sent.at_us for sent in bus.sent if isinstance(sent.message, AgentFrame) and sent.call == call]


def test_frames_leave_every_20_ms_from_the_moment_the_audio_came(bus, opened):
    bus.steps = [heard(opened()), Wait(7.3), heard(audio()), Wait(500)]
    playback.run(bus)
    assert times(bus) == [1_007_300 + n * 20_000 for n in range(5)]
    assert bus.wake_at_us is None
    assert {sent.flags for sent in bus.sent if isinstance(sent.message, AgentFrame)} == {Flag.SYNTHETIC}


def test_the_start_and_the_words_are_reported_as_they_leave(bus, opened):
    bus.steps = [heard(opened()), heard(audio()), Wait(500)]
    playback.run(bus)
    assert bus.said(PlaybackStarted) == [PlaybackStarted(1, 3, 1_000_000, 0, 2500)]
    assert [(s.text, s.done, s.ends_utterance) for s in bus.said(Spoken)] == [
        ("Good", False, False), ("Good evening", True, True),
    ]  # fmt: skip
    kinds = [type(sent.message) for sent in bus.sent[:2]]
    assert kinds == [AgentFrame, PlaybackStarted]


def test_a_cut_stops_with_the_frame_and_is_reported(bus, opened):
    bus.steps = [heard(opened()), heard(audio(50)), Wait(650), heard(BargeIn("cut", 0)), Wait(500)]
    playback.run(bus)
    assert len(times(bus)) == 33
    assert bus.sent[-1].message == Spoken(1, 0, "Good", True, True, cut=True)
    assert bus.sent[-1].flags == Flag.CUT
    assert bus.wake_at_us is None


def test_calls_keep_their_own_time(bus, opened):
    bus.steps = [
        heard(opened(), 1), heard(opened(), 2), heard(audio(3), 1), Wait(5), heard(audio(3), 2), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert times(bus, 1) == [1_000_000, 1_020_000, 1_040_000]
    assert times(bus, 2) == [1_005_000, 1_025_000, 1_045_000]


def test_a_restarted_room_says_what_is_offered_again_from_the_sentence_s_beginning(bus, opened):
    bus.steps = [heard(opened(room="playback")), heard(audio(3), flags=Flag.AGAIN), Wait(500)]
    playback.run(bus)
    assert len(times(bus)) == 3


def test_audio_of_an_unknown_or_closed_call_is_ignored(bus, opened):
    bus.steps = [
        heard(audio(3), 9), heard(opened()), heard(audio(30)), Wait(50), heard(CallClosed("booked")), Wait(500),
        heard(audio(3, utterance=2)), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    assert len(times(bus)) == 3
    assert times(bus, 9) == []
    assert bus.wake_at_us is None


def test_a_room_that_was_held_up_does_not_rush_through_its_audio(bus, opened, clock):
    def held_up():
        clock.now_us += 1_000_000

    bus.steps = [heard(opened()), heard(audio(20)), Wait(50), Do(held_up), Wait(500)]
    playback.run(bus)
    after = [at for at in times(bus) if at >= 2_050_000]
    assert after.count(2_050_000) <= 3
    assert np.diff([at for at in after if at > 2_050_000]).tolist() == [20_000] * (
        len(after) - after.count(2_050_000) - 1
    )


def ahead(opened, **more):
    return heard(msgspec.structs.replace(opened(**more), lead_ms=60))


def numbers(bus):
    return [sent.sequence for sent in bus.sent if isinstance(sent.message, AgentFrame)]


def test_a_line_with_its_own_clock_is_sent_the_lead_and_a_frame_for_each_that_has_left(bus, opened):
    bus.steps = [
        ahead(opened), heard(audio(6)), Wait(7), heard(VoicePlayed(0, 1_006_000)), Wait(20),
        heard(VoicePlayed(1, 1_026_000)), Wait(20),
    ]  # fmt: skip
    playback.run(bus)
    assert times(bus) == [1_000_000] * 3 + [1_007_000, 1_027_000]
    assert numbers(bus) == [0, 1, 2, 3, 4]
    assert bus.said(PlaybackStarted) == [PlaybackStarted(1, 3, 1_006_000, 6000, 2500)]
    assert next(s.at_us for s in bus.sent if isinstance(s.message, PlaybackStarted)) == 1_007_000


def test_a_cut_empties_the_line_and_tells_what_it_had_played(bus, opened):
    bus.steps = [
        ahead(opened), heard(audio(6)), Wait(7), heard(VoicePlayed(0, 1_006_000)), Wait(43), heard(BargeIn("cut", 0)),
        Wait(4), heard(VoicePlayed(3, 1_053_000, flushed=True)), Wait(500),
    ]  # fmt: skip
    playback.run(bus)
    flush, progress, told = (s for s in bus.sent if s.at_us >= 1_050_000)
    assert (flush.message, flush.at_us) == (FlushVoice(), 1_050_000)
    assert progress.message == Spoken(1, 0, "Good", False)
    assert (told.message, told.flags) == (Spoken(1, 0, "Good", True, True, cut=True), Flag.CUT)
    assert bus.wake_at_us is None


def test_a_line_that_does_not_answer_the_cut_is_not_waited_for_longer_than_60_ms(bus, opened):
    bus.steps = [ahead(opened), heard(audio(6)), Wait(10), heard(BargeIn("cut", 0)), Wait(500)]
    playback.run(bus)
    assert bus.sent[-1].message == Spoken(1, 0, "", True, True, cut=True)
    assert bus.sent[-1].at_us == 1_070_000


def test_a_restarted_room_empties_a_line_with_its_own_clock_first(bus, opened):
    bus.steps = [
        ahead(opened, room="playback"), heard(audio(3)), Wait(5), heard(VoicePlayed(99, 5, flushed=True)), Wait(100),
    ]  # fmt: skip
    playback.run(bus)
    assert [type(sent.message) for sent in bus.sent[:2]] == [FlushVoice, AgentFrame]
    assert times(bus) == [1_005_000] * 3
    assert numbers(bus) == [0, 1, 2]
