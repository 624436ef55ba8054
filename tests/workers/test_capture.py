"""capture: 48 kHz in, 16 kHz out, and once more for a neighbour that came back."""

from __future__ import annotations

import numpy as np
import pytest

from engine.protocol import (
    CallClosed,
    DigitHeard,
    FarFrame,
    FarSound,
    Flag,
    LineAction,
    LineFrame,
    LineQuality,
    LineState,
    RoomStarted,
)
from engine.workers import capture
from tests.fakes.fake_bus import Do, heard


@pytest.fixture
def bus(bus_of):
    return bus_of("capture")


def line_frame(number: int, call: int = 1):
    pcm = np.full(960, number % 1000, np.int16).tobytes()
    return heard(LineFrame(pcm=pcm), call, sequence=number)


def test_every_frame_is_passed_on_at_16_khz_under_its_own_number(bus):
    bus.steps = [line_frame(number) for number in (0, 1, 65535, 65536)]
    capture.run(bus)
    sent = [each for each in bus.sent if isinstance(each.message, FarFrame)]
    assert [each.sequence % 65536 for each in sent] == [0, 1, 65535, 0]
    assert {len(frame.pcm) for frame in bus.said(FarFrame)} == {640}


def test_calls_have_an_ear_each(bus):
    loud, quiet = np.full(960, 20_000, np.int16).tobytes(), bytes(1920)
    bus.steps = [heard(LineFrame(pcm=pcm), call) for _ in range(3) for call, pcm in ((1, loud), (2, quiet))]
    capture.run(bus)
    assert not any(np.frombuffer(frame.pcm, np.int16).any() for frame in bus.said(FarFrame, call=2))
    assert np.frombuffer(bus.said(FarFrame, call=1)[-1].pcm, np.int16).min() > 19_900


def test_what_the_line_says_of_itself_is_passed_on(bus):
    states = [LineState("ringing"), LineState("answered"), LineState("ended", "far_end")]
    bus.steps = [heard(state) for state in states]
    capture.run(bus)
    assert bus.said(LineState) == states


@pytest.mark.parametrize("room", ["vad", "transcribe"])
def test_a_hearer_that_came_back_gets_the_last_eight_seconds_again(bus, room):
    bus.steps = [*(line_frame(number) for number in range(500)), heard(RoomStarted(room, 2), call=0)]
    capture.run(bus)
    again = [sent for sent in bus.sent if sent.flags & Flag.AGAIN]
    assert [sent.sequence for sent in again] == list(range(100, 500))
    assert [sent.message for sent in again] == bus.said(FarFrame)[100:500]


def test_nobody_else_needs_the_audio_again(bus):
    bus.steps = [line_frame(0), heard(RoomStarted("tts", 2), call=0)]
    capture.run(bus)
    assert len(bus.said(FarFrame)) == 1


def test_a_frame_that_arrives_after_the_end_leaves_nothing_behind(bus):
    bus.steps = [
        line_frame(0),
        heard(CallClosed("booked")),
        line_frame(1),
        heard(RoomStarted("vad", 2), call=0),
    ]
    capture.run(bus)
    assert len(bus.said(FarFrame)) == 1


def test_a_room_that_came_back_itself_hears_a_call_in_the_middle(bus):
    bus.steps = [line_frame(7000)]
    capture.run(bus)
    assert bus.sent[0].sequence == 7000


def test_all_that_a_line_says_of_itself_and_its_media_is_passed_on(bus):
    words = [
        LineQuality("PCMU/8000", "SDES", 49, 7_000_000),
        DigitHeard("5", 120),
        LineAction("transfer", True, "to the owner"),
        LineState("held", "far_end"),
    ]
    bus.steps = [heard(word) for word in words]
    capture.run(bus)
    assert [sent.message for sent in bus.sent] == words


def test_what_sounds_before_the_answer_is_heard_like_what_comes_after_it(bus):
    bus.steps = [
        heard(LineState("early_media")), line_frame(0), line_frame(1), heard(LineState("answered")), line_frame(2),
    ]  # fmt: skip
    capture.run(bus)
    said = [type(sent.message) for sent in bus.sent if not isinstance(sent.message, FarSound)]
    assert said == [LineState, FarFrame, FarFrame, LineState, FarFrame]
    assert [sent.sequence for sent in bus.sent if isinstance(sent.message, FarFrame)] == [0, 1, 2]


def test_the_recording_gets_every_frame_once_ten_at_a_time(bus):
    frames = [line_frame(number) for number in range(34)]
    bus.steps = [*frames, heard(LineState("ended", "far_end")), heard(CallClosed("booked"))]
    capture.run(bus)
    recorded = [sent for sent in bus.sent if isinstance(sent.message, FarSound)]
    assert [sent.sequence for sent in recorded] == [0, 1, 11, 21, 31]
    assert b"".join(run.pcm for run in bus.said(FarSound)) == b"".join(
        frame.pcm for frame in bus.said(FarFrame)
    )
    assert isinstance(bus.sent[-1].message, LineState)


def test_frames_wait_for_those_of_other_calls_a_little_and_no_longer_with_more_calls():
    assert capture.gathering_us(0) == capture.gathering_us(1) == 0
    assert 0 < capture.gathering_us(2) < capture.gathering_us(4) < capture.gathering_us(16) <= 15_000
    assert capture.gathering_us(16) == capture.gathering_us(64)


def test_calls_that_end_leave_the_others_less_to_wait_for(bus):
    waits = []
    look = Do(lambda: waits.append(bus.gather_us))
    bus.steps = [line_frame(0, 1), line_frame(0, 2), look, heard(CallClosed("booked"), 2), look]
    capture.run(bus)
    assert waits == [capture.gathering_us(2), 0]


def tones(number: int) -> bytes:
    """One 20 ms frame of the key 5 at 48 kHz."""
    time_s = (np.arange(960) + number * 960) / 48_000
    wave = np.sin(2 * np.pi * 770 * time_s) + np.sin(2 * np.pi * 1336 * time_s)
    return (wave * 4000).astype(np.int16).tobytes()


def pressed(first: int, told_by_the_line: bool):
    frames = [heard(LineFrame(pcm=tones(number)), sequence=first + number) for number in range(5)]
    frames += [heard(LineFrame(pcm=bytes(1920)), sequence=first + 5 + number) for number in range(10)]
    return [heard(DigitHeard("5", 100)), *frames] if told_by_the_line else frames


def test_a_key_in_the_audio_is_told_as_the_line_would_tell_it(bus):
    bus.steps = pressed(0, told_by_the_line=False)
    capture.run(bus)
    (key,) = bus.said(DigitHeard)
    assert key.digit == "5"
    assert abs(key.duration_ms - 100) <= 20


def test_a_key_that_the_line_tells_is_not_told_once_more_from_the_audio(bus):
    bus.steps = pressed(0, told_by_the_line=True)
    capture.run(bus)
    assert bus.said(DigitHeard) == [DigitHeard("5", 100)]
