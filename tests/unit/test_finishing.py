"""A recording becomes FLAC when its call has ended, and is whole whoever is killed meanwhile."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import StateError
from engine.journal import AUDIO, EVENTS, SUMMARY, SUMMARY_DRAFT
from engine.protocol import HEARING_RATE_HZ
from engine.recorder import COMMENT
from engine.recordings import Recordings, finisher
from engine.records.finishing import DRAFT, finish, finish_all, unfinished
from engine.records.flac import NotFlac, decoded, write_flac
from engine.records.sound import FLAC, read_samples, read_sound, sound_file
from engine.records.verify import verify
from tests.fakes.kept_calls import kept_call

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_call(tmp_path_factory.mktemp("journals"), 2.4)


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / original.name))


def noise(samples: int) -> bytes:
    return np.random.default_rng(3).integers(-9000, 9000, (samples, 2), np.int16).tobytes()


def flac_of(pcm: bytes) -> bytes:
    file = io.BytesIO()
    write_flac([pcm[:1001], pcm[1001:]], file)
    return file.getvalue()


@pytest.mark.parametrize("samples", [1, 319, 1152, 1153, 40_000])
def test_every_sample_comes_back(samples):
    found = decoded(flac_of(noise(samples)))
    assert (found.pcm, found.stated, found.as_written, found.trouble) == (noise(samples), samples, True, "")


def test_nothing_is_no_flac():
    with pytest.raises(NotFlac, match="no sample"):
        write_flac([], io.BytesIO())


def test_the_file_is_half_as_long_where_one_of_the_two_speaks():
    tone = (8000 * np.sin(np.arange(80_000) / 9)).astype(np.int16)
    pcm = np.stack([tone, np.zeros_like(tone)], axis=1).tobytes()
    assert len(flac_of(pcm)) < len(pcm) / 2


def test_any_player_can_play_it_and_is_told_that_a_machine_speaks(folder):
    finish(folder)
    with av.open(str(folder / FLAC)) as file:
        stream = file.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.channels) == ("flac", 16_000, 2)
        assert COMMENT in file.metadata.values()
        assert sum(frame.samples for frame in file.decode(audio=0)) == int(2.4 * HEARING_RATE_HZ)


def test_a_byte_of_the_head_that_changes_no_sample_is_seen():
    raw = flac_of(noise(3000))
    place = raw.index(b"synthetic")
    found = decoded(raw[:place] + b"S" + raw[place + 1 :])
    assert (found.pcm, found.as_written) == (noise(3000), False)


def test_the_wav_becomes_a_flac_with_the_same_samples(folder):
    before = read_samples(folder / AUDIO)
    assert finish(folder) == folder / FLAC
    assert not (folder / AUDIO).exists()
    after = read_samples(folder / FLAC)
    assert np.array_equal(before.pcm, after.pcm) and after.rate_hz == 16_000
    assert verify(folder).verdict == "whole"
    assert finish(folder) == folder / FLAC  # once more: nothing is left to do
    assert sorted(path.name for path in folder.iterdir()) == sorted([FLAC, EVENTS, SUMMARY])


def test_who_found_the_wav_reads_the_flac_that_it_has_become(folder):
    path = sound_file(folder)
    finish(folder)
    assert read_sound(path).path.name == FLAC


def test_the_sound_of_a_call_that_was_broken_off_becomes_flac_too(tmp_path):
    folder = kept_call(tmp_path, 4.0, ends=False)
    before, told = read_samples(folder / AUDIO), verify(folder)
    finish(folder)
    assert np.array_equal(read_samples(folder / FLAC).pcm, before.pcm)
    assert (verify(folder).verdict, verify(folder).notes) == (told.verdict, told.notes)


def test_a_damaged_recording_is_left_as_it_was_found(folder):
    raw = bytearray((folder / AUDIO).read_bytes())
    raw[9000] ^= 4
    (folder / AUDIO).write_bytes(raw)
    assert finish(folder) == folder / AUDIO
    assert (folder / AUDIO).read_bytes() == raw and not (folder / FLAC).exists()


def test_a_call_without_sound_is_none_of_its_business(tmp_path):
    folder = kept_call(tmp_path, record=False)
    assert finish(folder) is None
    assert sound_file(folder) is None


def test_both_files_are_the_moment_before_the_wav_is_deleted(folder):
    wav = (folder / AUDIO).read_bytes()
    finish(folder)
    (folder / AUDIO).write_bytes(wav)
    assert sound_file(folder) == folder / FLAC
    assert unfinished(folder.parent) == [folder]
    finish(folder)
    assert not (folder / AUDIO).exists()


def test_what_a_killed_process_left_over_is_cleared_away(folder):
    (folder / f"{DRAFT}4711").write_bytes(b"fLaC half")
    assert verify(folder).verdict == "whole"
    finish(folder)
    assert not list(folder.glob(f"{DRAFT}*"))


def test_the_wav_stays_where_what_was_encoded_is_not_what_was_recorded(folder, monkeypatch):
    def broken(blocks, file):
        file.write(flac_of(noise(1000)))
        return 1000

    monkeypatch.setattr("engine.records.finishing.write_flac", broken)
    before = (folder / AUDIO).read_bytes()
    with pytest.raises(StateError, match="is not what was recorded"):
        finish(folder)
    assert (folder / AUDIO).read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == sorted([AUDIO, EVENTS, SUMMARY])


def test_one_folder_that_cannot_be_finished_does_not_keep_the_others_waiting(folder, monkeypatch):
    bad = folder.parent / "bad"
    bad.mkdir()
    (bad / AUDIO).mkdir()
    (bad / f"{DRAFT}1").mkdir()  # no file, and so it cannot be cleared away
    (trouble,) = finish_all([bad, folder])
    assert str(bad) in trouble
    assert (folder / FLAC).exists()


@pytest.mark.parametrize("after_ms", [120, 180, 220, 260, 300, 340, 380, 450])
def test_a_finisher_killed_at_any_moment_leaves_a_whole_record(folder, after_ms):
    process = subprocess.Popen(finisher([folder]), cwd=ROOT)
    try:
        process.wait(after_ms / 1000)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
    process.wait(10)
    assert verify(folder).verdict == "whole"
    assert read_samples(sound_file(folder)).pcm.shape == (int(2.4 * HEARING_RATE_HZ), 2)
    finish(folder)
    assert verify(folder).verdict == "whole" and not (folder / AUDIO).exists()


# --- the summary, which is written before the call's last event -------------------------------------------


def test_an_engine_killed_before_the_summary_is_in_its_place_has_damaged_nothing(folder):
    (folder / SUMMARY).rename(folder / SUMMARY_DRAFT)
    report = verify(folder)
    assert (report.verdict, report.damage) == ("unfinished", ())
    assert any("puts in its place" in note for note in report.notes)
    assert unfinished(folder.parent) == [folder]
    finish(folder)
    assert verify(folder).verdict == "whole" and not (folder / SUMMARY_DRAFT).exists()


def test_an_engine_killed_before_the_last_event_has_no_summary(folder):
    (folder / SUMMARY).rename(folder / SUMMARY_DRAFT)
    lines = (folder / EVENTS).read_bytes().splitlines(keepends=True)
    (folder / EVENTS).write_bytes(b"".join(lines[:-1]))
    assert verify(folder).verdict == "unfinished"
    finish(folder)
    assert not (folder / SUMMARY_DRAFT).exists() and not (folder / SUMMARY).exists()
    assert verify(folder).verdict == "unfinished"


def test_a_summary_that_was_deleted_is_missed_all_the_same(folder):
    (folder / SUMMARY_DRAFT).write_bytes((folder / SUMMARY).read_bytes().replace(b"booked", b"failed"))
    (folder / SUMMARY).unlink()
    assert verify(folder).damage == ("summary.json is missing, though the call was closed",)


# --- the engine's part -------------------------------------------------------------------------------------


async def test_recordings_are_finished_one_process_at_a_time(tmp_path):
    log = tmp_path / "log"
    code = "import sys; f = open(sys.argv[1], 'a'); f.write('begin '); f.flush(); "
    code += "f.write(' '.join(sys.argv[2:]) + ' end\\n')"
    recordings = Recordings(
        "flac", lambda folders: [sys.executable, "-c", code, str(log), *map(str, folders)]
    )
    recordings.add(Path("a"))
    recordings.add(Path("b"), Path("c"))
    await recordings.stop(30)
    assert log.read_text() == "begin a b c end\n"
    recordings.add(Path("d"))
    await recordings.stop(30)
    assert log.read_text().splitlines()[1] == "begin d end"


async def test_an_engine_that_ends_waits_no_longer_than_it_may(tmp_path):
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    recordings = Recordings("flac", lambda folders: [sys.executable, "-c", code])
    recordings.add(Path("a"))
    await recordings.stop(2)
    assert not pid.exists() or not Path(f"/proc/{pid.read_text()}").exists()


async def test_recordings_may_stay_wav():
    recordings = Recordings("wav", lambda folders: ["/does/not/exist"])
    recordings.add(Path("a"))
    await recordings.stop(1)


async def test_without_a_process_the_recording_stays_wav(folder, caplog):
    recordings = Recordings("flac", lambda folders: ["/does/not/exist"])
    recordings.add(folder)
    await recordings.stop(5)
    assert "stay WAV" in caplog.text
    assert sound_file(folder).name == AUDIO
