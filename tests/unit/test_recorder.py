"""The recording: both channels placed by time, readable at any moment."""

from __future__ import annotations

import resource
import wave

import numpy as np
import pytest

from engine.journal import AUDIO
from engine.lines.placing import Placement
from engine.live_call import LiveCall
from engine.protocol import (
    CLOCK_MODULUS_US,
    FRAME_MS,
    LINE_FRAME_BYTES,
    AgentFrame,
    FarSound,
    Flag,
    FlushVoice,
    Header,
    Task,
)
from engine.recorder import COMMENT, HOLD_BACK_SAMPLES, Recorder

FRAME_US = FRAME_MS * 1000
T0_US = CLOCK_MODULUS_US - 500_000  # the clock wraps half a second into the call


def far(value: int) -> bytes:
    return np.full(320, value, np.int16).tobytes()


def agent(value: int) -> bytes:
    return np.full(LINE_FRAME_BYTES // 2, value, np.int16).tobytes()


def at(frame: float) -> int:
    return int(T0_US + frame * FRAME_US) % CLOCK_MODULUS_US


@pytest.fixture
def path(tmp_path):
    return tmp_path / "audio.wav"


def channels(path) -> tuple[np.ndarray, np.ndarray]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (2, 16_000, 2)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)
    return samples[:, 0], samples[:, 1]


def test_the_far_end_lies_where_its_number_says(path):
    recorder = Recorder(path)
    for number in (0, 1, 3, 2, 5):
        recorder.far(number, at(number), far(number + 1))
    recorder.close()
    left, right = channels(path)
    assert list(left[::320]) == [1, 2, 3, 4, 0, 6]
    assert not right.any()
    assert recorder.lost_frames == 2  # 2 was late, which counts as lost on the way; 4 never came


def test_our_voice_lies_where_the_clock_says(path):
    recorder = Recorder(path)
    for number in range(100):
        recorder.far(number, at(number), far(1))
        if 40 <= number < 50:
            recorder.agent(at(number), agent(1000))
    recorder.close()
    left, right = channels(path)
    assert left.size == 100 * 320
    sounding = np.flatnonzero(np.abs(right) > 500)
    assert abs(sounding[0] - 40 * 320) <= 20  # the decimator's millisecond
    assert abs(sounding[-1] - 50 * 320) <= 20


def test_frames_that_jitter_are_one_sound_without_gaps(path):
    recorder = Recorder(path)
    jitter_ms = np.random.default_rng(1).uniform(-15, 15, 50)
    for number in range(60):
        recorder.far(number, at(number), far(1))
        if number < 50:
            recorder.agent(at(number + jitter_ms[number] / FRAME_MS + 1), agent(1000))
    recorder.close()
    right = channels(path)[1]
    sounding = np.flatnonzero(np.abs(right) > 900)
    assert np.all(np.diff(sounding) == 1)
    assert sounding.size == pytest.approx(50 * 320, abs=40)


def test_a_pause_of_our_voice_stays_a_pause(path):
    recorder = Recorder(path)
    for number in range(60):
        recorder.far(number, at(number), far(1))
        if number < 10 or number >= 30:
            recorder.agent(at(number), agent(1000))
    recorder.close()
    right = channels(path)[1]
    assert not right[11 * 320 : 30 * 320 - 1].any()
    assert right[31 * 320] == pytest.approx(1000, abs=2)


def test_our_voice_before_the_line_is_there_is_not_recorded(path):
    recorder = Recorder(path)
    recorder.agent(at(0), agent(1000))
    recorder.far(0, at(1), far(1))
    recorder.close()
    assert not channels(path)[1].any()


def test_the_file_can_be_read_after_a_crash_at_any_moment(path):
    recorder = Recorder(path)
    assert channels(path)[0].size == 0
    for number in range(400):
        recorder.far(number, at(number), far(number + 1))
        left, _ = channels(path)
        assert left.size >= (number + 1) * 320 - 2 * HOLD_BACK_SAMPLES
        assert np.array_equal(left[::320], np.arange(1, left.size // 320 + 1))


def test_a_frame_later_than_what_is_on_disk_is_dropped(path):
    recorder = Recorder(path)
    for number in [*range(1, 300), 0]:
        recorder.far(number, at(number), far(number + 1))
    recorder.close()
    left, _ = channels(path)
    assert left[0] == 0
    assert np.array_equal(left[320::320], np.arange(2, 301))


def test_frames_offered_again_change_nothing(path):
    recorder = Recorder(path)
    for number in [*range(100), *range(50, 100), *range(100, 200)]:
        recorder.far(number, at(number), far(number + 1))
    recorder.close()
    assert np.array_equal(channels(path)[0][::320], np.arange(1, 201))
    assert recorder.lost_frames == 0


def test_a_long_gap_is_silence(path):
    recorder = Recorder(path)
    recorder.far(0, at(0), far(1))
    recorder.far(1000, at(1000), far(2))
    recorder.close()
    left, _ = channels(path)
    assert left.size == 1001 * 320
    assert (left[0], left[-1]) == (1, 2)
    assert not left[320 : 1000 * 320].any()


def test_a_call_longer_than_the_frame_numbers_goes_on(path):
    recorder = Recorder(path)
    for number in range(65_530, 65_545):
        recorder.far(number % 65536, at(number), far(number - 65_000))
    recorder.close()
    left, _ = channels(path)
    assert np.array_equal(left[65_530 * 320 :: 320], np.arange(530, 545))


def test_the_synthetic_voice_is_declared_in_the_file(path):
    Recorder(path).close()
    assert COMMENT.encode() in path.read_bytes()


def fill(recorder: Recorder, frames: int) -> None:
    for number in range(frames):
        recorder.far(number, at(number), far(number + 1))


def test_a_full_disk_is_an_error_and_what_was_written_stays_readable(path):
    recorder = Recorder(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            fill(recorder, frames=400)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    left, _ = channels(path)
    assert np.array_equal(left[::320], np.arange(1, left.size // 320 + 1))


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Recorder(tmp_path / "none" / "audio.wav")


def test_frames_that_were_sent_ahead_follow_each_other(path):
    recorder = Recorder(path)
    for number in range(60):
        recorder.far(number, at(number), far(1))
        if number == 20:
            for _ in range(4):
                recorder.agent(at(20), agent(1000))
        if 20 < number < 30:
            recorder.agent(at(number), agent(1000))
    recorder.close()
    sounding = np.flatnonzero(np.abs(channels(path)[1]) > 500)
    assert abs(sounding[0] - 20 * 320) <= 20
    assert abs(sounding[-1] - 33 * 320) <= 20
    assert np.all(np.diff(sounding) == 1)


def test_what_was_sent_ahead_and_thrown_away_is_not_recorded(path):
    recorder = Recorder(path)
    for number in range(60):
        recorder.far(number, at(number), far(1))
        if number == 20:
            for _ in range(4):
                recorder.agent(at(20), agent(1000))
            recorder.cut(at(21.5))
        if number == 40:
            recorder.agent(at(40), agent(2000))
            recorder.cut(at(40.5))  # it is on its way whole
    recorder.close()
    right = channels(path)[1]
    sounding = np.flatnonzero(np.abs(right) > 500)
    assert abs(sounding[sounding < 39 * 320][-1] - 21.5 * 320) <= 20
    assert abs(sounding[-1] - 41 * 320) <= 20


def test_a_cut_before_anything_was_recorded_is_nothing(path):
    recorder = Recorder(path)
    recorder.cut(at(0))
    for number in range(300):
        recorder.far(number, at(number), far(1))
    recorder.cut(at(10))
    recorder.close()
    assert not channels(path)[1].any()


def test_an_operator_s_voice_is_where_ours_is_and_what_never_left_the_line_is_not(tmp_path):
    task = Task(
        restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="A"
    )
    call = LiveCall(1, "call-1", "sip", Placement(task, "en/accepts", record=True), tmp_path, 0)

    def header(us: int, number: int = 0, flags: Flag = Flag.NONE) -> Header:
        return Header(0, 1, flags, number, us)

    for number in range(60):
        call.frame(header(0, number), FarSound(began_us=at(number), pcm=far(1)))
        if number == 10:
            call.frame(header(at(10), flags=Flag.SYNTHETIC), AgentFrame(pcm=agent(1000)))
        if number == 20:
            for _ in range(4):  # sent ahead
                call.frame(header(at(20), flags=Flag.OPERATOR), AgentFrame(pcm=agent(2000)))
            call.take(header(at(21.5)), FlushVoice())  # asked at a restart: nothing of it is known to be cut
            call.take(header(at(22), flags=Flag.CUT), FlushVoice())
    call.settle()
    assert call.close() is None
    left, right = channels(call.journal.folder / AUDIO)
    assert left.all()
    loud = np.flatnonzero(np.abs(right) > 1500)
    assert abs(loud[0] - 20 * 320) <= 20
    assert abs(loud[-1] - 22 * 320) <= 20
    assert right[10 * 320 + 100] == pytest.approx(1000, abs=20)
