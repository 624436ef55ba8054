"""Somebody else's recording becomes a call: its formats, its sides, what is no audio."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soxr
from typer.testing import CliRunner

from engine.errors import SettingsError
from engine.lines.audio_file import RecordingError
from engine.lines.placing import Placement
from engine.protocol import HEARING_RATE_HZ, OperatorWords, Transcript
from engine.records.verify import verify
from engine.rerun.importing import import_recording, sides_of, unknown_task
from engine.rerun.past_call import IMPORTED, read_call
from engine.rerun.rooms import Exchanged
from engine.rerun.running import How, rerun
from engine.rerun.sound_in import channels_of, sound_of
from engine.settings import Settings
from tests.fakes.past_calls import WrittenWords, spoken

THEIRS, OURS = "we have a table for you at eight", "that would be very nice"  # said without a pause


def tone(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    """int16, as loud as a voice."""
    return np.asarray(8000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz), np.int16)


def write_wav(path: Path, pcm: np.ndarray, rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.ascontiguousarray(pcm).tobytes())
    return path


def encoded(path: Path, codec: str, pcm: np.ndarray, rate_hz: int) -> Path:
    layout = "stereo" if pcm.shape[1] == 2 else "mono"
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream(codec, rate=rate_hz)
        stream.layout = layout
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(pcm).reshape(1, -1), format="s16", layout=layout
        )
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(
            format=stream.format, layout=layout, rate=rate_hz, frame_size=stream.frame_size
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


def loudest_hz(pcm: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(pcm))) * HEARING_RATE_HZ / pcm.size)


@pytest.mark.parametrize("rate_hz", [8000, 11_025, 16_000, 44_100, 48_000])
def test_any_rate_of_a_telephone_or_above_comes_as_capture_would_pass_it_on(
    tmp_path: Path, rate_hz: int
) -> None:
    path = write_wav(tmp_path / "a.wav", tone(440, 1.0, rate_hz)[:, None], rate_hz)
    pcm = sound_of(path, (0,))
    assert pcm.shape == (HEARING_RATE_HZ, 1) or abs(len(pcm) - HEARING_RATE_HZ) <= 2
    assert abs(loudest_hz(pcm[:, 0]) - 440) < 2
    assert 5000 < np.abs(pcm[4000:12_000]).max() < 9000


@pytest.mark.parametrize(
    ("name", "codec", "rate_hz"),
    [("a.flac", "flac", 48_000), ("a.mp3", "libmp3lame", 44_100), ("a.opus", "libopus", 48_000)],
)
def test_every_common_format_is_read_with_its_channels_apart(
    tmp_path: Path, name: str, codec: str, rate_hz: int
) -> None:
    both = np.stack([tone(400, 1.0, rate_hz), tone(900, 1.0, rate_hz)], axis=1)
    path = encoded(tmp_path / name, codec, both, rate_hz)
    assert channels_of(path) == 2
    pcm = sound_of(path, (1, 0))
    assert [round(loudest_hz(pcm[2000:14_000, n]), -1) for n in (0, 1)] == [900, 400]


def test_of_two_channels_the_first_is_the_far_end_unless_it_is_told_otherwise(tmp_path: Path) -> None:
    stereo = write_wav(tmp_path / "s.wav", np.zeros((800, 2), np.int16), 8000)
    mono = write_wav(tmp_path / "m.wav", np.zeros((800, 1), np.int16), 8000)
    assert [sides_of(stereo, None, swap) for swap in (False, True)] == [(0, 1), (1, 0)]
    assert (sides_of(stereo, 1, False), sides_of(mono, None, True)) == ((1,), (0,))


def test_what_is_no_audio_says_so(tmp_path: Path) -> None:
    text = tmp_path / "a.wav"
    text.write_text("no audio at all\n" * 100)
    low = write_wav(tmp_path / "low.wav", np.zeros((400, 1), np.int16), 4000)
    mono = write_wav(tmp_path / "m.wav", tone(400, 0.5, 8000)[:, None], 8000)
    empty = write_wav(tmp_path / "e.wav", np.zeros((0, 1), np.int16), 8000)
    for path, why in (
        (text, "no audio that can be read"), (low, "4000 Hz"),
        (tmp_path / "none.wav", "is not there"), (tmp_path, "is no file"),
    ):  # fmt: skip
        with pytest.raises(RecordingError, match=why):
            channels_of(path)
    with pytest.raises(RecordingError, match="no channel 1"):
        sound_of(mono, (1,))
    with pytest.raises(RecordingError, match="holds no audio"):
        sound_of(empty, (0,))


def test_a_file_that_is_cut_is_taken_as_far_as_it_goes(tmp_path: Path) -> None:
    path = encoded(tmp_path / "a.flac", "flac", tone(400, 4.0, 16_000)[:, None], 16_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert 0.5 * HEARING_RATE_HZ < len(sound_of(path, (0,))) < 4 * HEARING_RATE_HZ


def test_a_stereo_recording_becomes_a_call_with_both_sides_words(tmp_path: Path) -> None:
    far, near = (np.zeros(HEARING_RATE_HZ * 9, np.int16) for _ in range(2))
    for side, text, at in ((far, THEIRS, 8000), (near, OURS, 60_000)):
        side[at : at + spoken(text).size] = spoken(text)
    sound = soxr.resample(np.stack([near, far], axis=1), HEARING_RATE_HZ, 8000)
    path = write_wav(tmp_path / "call.wav", np.asarray(sound, np.int16), 8000)
    settings = Settings(state_dir=str(tmp_path / "state"))
    placed = Placement(unknown_task("en", "2030-01-07"), record=True)
    ears = Exchanged(WrittenWords((60_000, "what was said")))
    folder = import_recording(path, sides_of(path, None, swap=True), placed, settings, ears)
    assert verify(folder).verdict == "whole"
    past = read_call(folder)
    assert (past.line, round(past.seconds)) == (IMPORTED, 9)
    finals = [each for _, _, each in past.events if isinstance(each, Transcript) and each.final]
    ours = [each for _, _, each in past.events if isinstance(each, OperatorWords)]
    assert [each.text for each in finals] == ["what was said"] and [each.text for each in ours] == [
        "what was said"
    ]
    assert abs(finals[0].start_ms - 500) < 150 and abs(ours[0].start_ms - 3750) < 300
    energy = np.abs(past.pcm[:, 1]).astype(np.int64)
    assert energy[60_000:].sum() > 50 * energy[:58_000].sum()  # our side in its own channel, in its place
    found = rerun(past, settings, How(recognizer="recorded"))
    assert found.ours == "recorded" and found.comparison.differences == []


def test_an_unknown_language_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    from engine.__main__ import app

    told = CliRunner().invoke(
        app, ["import", str(tmp_path / "none.wav"), "--language", "fr", "--state-dir", str(tmp_path)]
    )
    assert isinstance(told.exception, SettingsError) and "fr" in str(told.exception)


def test_the_command_tells_where_the_call_is(tmp_path: Path) -> None:
    from engine.__main__ import app

    path = write_wav(tmp_path / "quiet.wav", np.zeros((8000, 1), np.int16), 8000)
    state = ["--state-dir", str(tmp_path / "state")]
    told = CliRunner().invoke(app, ["import", str(path), "--json", *state])
    assert told.exit_code == 0, told.output
    row = json.loads(told.stdout)
    assert Path(row["folder"]).is_dir()
    listed = json.loads(CliRunner().invoke(app, ["calls", "list", "--json", *state]).stdout)
    assert len(listed) == 1
