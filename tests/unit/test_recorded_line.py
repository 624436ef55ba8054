"""A recording as the far end: its audio at the line's rate, its frames by one clock."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from engine.lines.audio_file import RecordingError, line_audio
from engine.lines.recorded import FRAME_SAMPLES, FRAME_US, Player
from engine.protocol import LINE_FRAME_BYTES, LINE_RATE_HZ

T0_US = 5_000_000


def tone(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.int16)


def wav(path: Path, *channels: np.ndarray, rate_hz: int, bytes_a_sample: int = 2) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(bytes_a_sample)
        file.setframerate(rate_hz)
        samples = np.stack(channels, axis=1)
        if bytes_a_sample == 3:
            wide = (samples.astype(np.int32) << 8).astype("<i4").view(np.uint8).reshape(*samples.shape, 4)
            file.writeframes(wide[..., :3].tobytes())
        else:
            file.writeframes(samples.astype("<i2").tobytes())
    return path


def flac(path: Path, pcm: np.ndarray, rate_hz: int) -> Path:
    import av

    with av.open(str(path), "w") as file:
        stream = file.add_stream("flac", rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate_hz
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return path


def loudest_hz(pcm: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(pcm))) * LINE_RATE_HZ / pcm.size)


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 44100, 48000])
def test_any_rate_of_a_telephone_or_more_comes_as_the_lines_not_shifted_in_time(tmp_path: Path, rate_hz: int):
    silence = np.zeros(rate_hz // 2, np.int16)
    pcm = line_audio(
        wav(tmp_path / "a.wav", np.concatenate([silence, tone(440, 1, rate_hz)]), rate_hz=rate_hz), 0
    )
    assert pcm.size == pytest.approx(1.5 * LINE_RATE_HZ, abs=20)
    assert np.flatnonzero(np.abs(pcm) > 1000)[0] == pytest.approx(LINE_RATE_HZ / 2, abs=LINE_RATE_HZ // 500)
    assert loudest_hz(pcm[LINE_RATE_HZ // 2 :]) == pytest.approx(440, abs=2)


def test_one_channel_of_a_stereo_file_is_the_far_end(tmp_path: Path):
    path = wav(tmp_path / "a.wav", tone(300, 1, 16000), tone(700, 1, 16000), rate_hz=16000)
    assert loudest_hz(line_audio(path, 0)) == pytest.approx(300, abs=2)
    assert loudest_hz(line_audio(path, 1)) == pytest.approx(700, abs=2)
    with pytest.raises(RecordingError, match="no channel 2"):
        line_audio(path, 2)


def test_flac_and_wider_samples_are_read_as_well(tmp_path: Path):
    plain = line_audio(wav(tmp_path / "a.wav", tone(500, 1, 16000), rate_hz=16000), 0)
    wide = line_audio(wav(tmp_path / "b.wav", tone(500, 1, 16000), rate_hz=16000, bytes_a_sample=3), 0)
    free = line_audio(flac(tmp_path / "c.flac", tone(500, 1, 16000), 16000), 0)
    assert np.abs(plain.astype(int) - wide).max() <= 2 and np.abs(plain.astype(int) - free).max() <= 2


def test_what_is_no_audio_is_refused_in_words(tmp_path: Path):
    words = tmp_path / "words.wav"
    words.write_text("this is no audio")
    with pytest.raises(RecordingError, match=r"words\.wav"):
        line_audio(words, 0)
    with pytest.raises(RecordingError, match="cannot be read"):
        line_audio(tmp_path / "nothing.wav", 0)
    with pytest.raises(RecordingError, match="at least 8000"):
        line_audio(wav(tmp_path / "low.wav", tone(100, 1, 4000), rate_hz=4000), 0)


def test_a_frame_leaves_when_its_last_sample_would_have_been_spoken():
    player = Player(np.arange(3 * FRAME_SAMPLES, dtype=np.int16), T0_US)
    taken = []
    while player.due_us is not None:
        taken.append((player.due_us, *player.take()))
    assert [due - T0_US for due, _, _ in taken] == [FRAME_US, 2 * FRAME_US, 3 * FRAME_US]
    assert [number for _, number, _ in taken] == [0, 1, 2]
    assert b"".join(pcm for _, _, pcm in taken) == np.arange(3 * FRAME_SAMPLES, dtype=np.int16).tobytes()


def test_a_late_frame_does_not_make_the_next_one_late():
    player = Player(np.zeros(3 * FRAME_SAMPLES, np.int16), T0_US)
    player.take()  # however late
    assert player.due_us == T0_US + 2 * FRAME_US


def test_the_last_frame_is_filled_up_with_silence():
    player = Player(np.full(FRAME_SAMPLES + 10, 7, np.int16), T0_US)
    player.take()
    number, pcm = player.take()
    assert (number, len(pcm), player.due_us) == (1, LINE_FRAME_BYTES, None)
    assert np.frombuffer(pcm, np.int16).sum() == 70
