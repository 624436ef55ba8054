"""The journal as evidence: every corruption is found, and what a crash leaves is told as such."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.journal import AUDIO, EVENTS, SUMMARY, SUMMARY_DRAFT, read
from engine.protocol import HEARING_RATE_HZ, SoundKept
from engine.records.finishing import finish
from engine.records.flac import HEAD_BYTES, write_flac
from engine.records.sound import FLAC, read_samples, read_sound, sound_file
from engine.records.verify import verify
from tests.fakes.kept_calls import CALL, kept_call

CORRUPTIONS = 1_000


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kept_call(tmp_path_factory.mktemp("journals"), 2.4)


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / original.name))


@pytest.fixture
def broken_off(tmp_path: Path) -> Path:
    """A call whose engine was killed."""
    return kept_call(tmp_path, 4.0, ends=False)


def lines(folder: Path) -> list[bytes]:
    return (folder / EVENTS).read_bytes().splitlines(keepends=True)


def write(folder: Path, changed: list[bytes]) -> None:
    (folder / EVENTS).write_bytes(b"".join(changed))


def test_a_call_that_was_left_alone_is_whole(folder):
    report = verify(folder)
    assert (report.verdict, report.damage, report.notes) == ("whole", (), ())
    assert report.events == len(lines(folder)) - 1
    assert report.hash == json.loads((folder / SUMMARY).read_bytes())["hash"]


def test_a_call_without_sound_is_whole_too(tmp_path):
    folder = kept_call(tmp_path, record=False)
    assert not (folder / AUDIO).exists()
    assert verify(folder).verdict == "whole"


def changed_byte(raw: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(raw))
    return raw[:place] + bytes([raw[place] ^ dice.randrange(1, 256)]) + raw[place + 1 :]


def cut(raw: bytes, dice: random.Random) -> bytes:
    return raw[: dice.randrange(len(raw))]


def grown(raw: bytes, dice: random.Random) -> bytes:
    place = dice.randrange(len(raw) + 1)
    return raw[:place] + dice.randbytes(dice.randrange(1, 9)) + raw[place:]


def hole(raw: bytes, dice: random.Random) -> bytes:
    start = dice.randrange(len(raw))
    return raw[:start] + raw[start + dice.randrange(1, 200) :]


def without_a_line(raw: bytes, dice: random.Random) -> bytes:
    found = raw.splitlines(keepends=True)
    del found[dice.randrange(len(found))]
    return b"".join(found)


def swapped_lines(raw: bytes, dice: random.Random) -> bytes:
    found = raw.splitlines(keepends=True)
    one, two = dice.sample(range(len(found)), 2)
    found[one], found[two] = found[two], found[one]
    return b"".join(found)


def a_line_twice(raw: bytes, dice: random.Random) -> bytes:
    found = raw.splitlines(keepends=True)
    found.insert(dice.randrange(len(found) + 1), dice.choice(found))
    return b"".join(found)


def other_words(raw: bytes, dice: random.Random) -> bytes:
    """A line whose hash is left as it was."""
    found = raw.splitlines(keepends=True)
    place = dice.randrange(1, len(found))
    found[place] = found[place].replace(b'"us":', b'"us":1')
    return b"".join(found)


ANY_FILE: list[Callable[[bytes, random.Random], bytes]] = [changed_byte, cut, grown, hole]
OF_LINES = [without_a_line, swapped_lines, a_line_twice, other_words]


@pytest.mark.timeout(180)  # a few seconds, where nothing else runs
@pytest.mark.parametrize("sound", [AUDIO, FLAC])
def test_a_thousand_random_corruptions_are_all_found(folder, sound):
    if sound == FLAC:
        finish(folder)
    dice = random.Random(20_260_302)
    whole = {name: (folder / name).read_bytes() for name in (EVENTS, SUMMARY, sound)}
    unfound = []
    tried = 0
    while tried < CORRUPTIONS:
        name = dice.choice((EVENTS, EVENTS, SUMMARY, sound))
        corrupt = dice.choice(ANY_FILE + (OF_LINES if name == EVENTS else []))
        changed = corrupt(whole[name], dice)
        if changed == whole[name]:
            continue
        tried += 1
        (folder / name).write_bytes(changed)
        report = verify(folder)
        if report.verdict != "damaged" or not report.damage:
            unfound.append((name, corrupt.__name__, report))
        (folder / name).write_bytes(whole[name])
    assert unfound == []
    assert verify(folder).verdict == "whole"


def test_every_byte_of_the_head_of_a_flac_counts_and_every_bit_of_one_of_its_frames(folder):
    finish(folder)
    raw = (folder / FLAC).read_bytes()
    bits = [8 * place + place % 8 for place in range(HEAD_BYTES)]
    bits += [*range(8 * HEAD_BYTES + 40_000, 8 * HEAD_BYTES + 40_100), 8 * len(raw) - 1]
    for bit in bits:
        place = bit // 8
        (folder / FLAC).write_bytes(raw[:place] + bytes([raw[place] ^ 1 << bit % 8]) + raw[place + 1 :])
        assert verify(folder).verdict == "damaged", bit


def test_the_sound_of_another_call_is_none_of_this_one(folder, tmp_path):
    other = kept_call(tmp_path / "other", 2.4, seed=8)
    finish(other)
    finish(folder)
    shutil.copy(other / FLAC, folder / FLAC)
    assert "audio.flac was changed between 0.0 s and" in verify(folder).damage[0]


def test_a_flac_whose_sound_was_made_anew_and_sealed_anew_is_found_by_its_samples(folder):
    finish(folder)
    pcm = bytearray(read_sound(folder / FLAC).pcm)
    pcm[40_000] ^= 1
    with (folder / FLAC).open("wb") as file:
        write_flac([bytes(pcm)], file)
    assert verify(folder).damage == ("audio.flac was changed between 0.0 s and 1.0 s (event 5)",)


def test_every_single_byte_of_the_events_counts(folder):
    raw = (folder / EVENTS).read_bytes()
    for place in range(len(raw)):
        (folder / EVENTS).write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        assert verify(folder).verdict == "damaged", place


@pytest.mark.parametrize("name", [EVENTS, SUMMARY, AUDIO])
def test_a_file_that_was_deleted_is_missed(folder, name):
    (folder / name).unlink()
    if name == EVENTS:
        with pytest.raises(Exception, match="no journal can be read"):
            verify(folder)
    else:
        assert any("is missing" in each for each in verify(folder).damage)


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{}", b"null", b"\xff" * 50, b"\n" * 50, b""])
@pytest.mark.parametrize("name", [EVENTS, SUMMARY, AUDIO])
def test_whatever_stands_in_a_file_is_damage_and_no_crash(folder, name, text):
    (folder / name).write_bytes(text)
    assert verify(folder).verdict == "damaged"
    list(read(folder))


def test_a_journal_in_the_folder_of_another_call_is_told(folder):
    other = folder.rename(folder.with_name("20260302-180000-4711-2"))
    assert CALL in verify(other).damage[0]


def test_what_is_wrong_is_said_with_its_place(folder):
    found = lines(folder)
    write(folder, [*found[:3], *found[4:]])
    assert any("line 4: event 3 missing before event 4" in each for each in verify(folder).damage)
    write(folder, [*found[:3], found[4], found[3], *found[5:]])
    assert any("inserted, doubled or swapped" in each for each in verify(folder).damage)
    write(folder, found[:-2])
    assert f"2 of {len(found) - 1} events are missing" in verify(folder).damage


def test_where_the_sound_was_changed_is_said(folder):
    raw = bytearray((folder / AUDIO).read_bytes())
    raw[-30_000] ^= 1
    (folder / AUDIO).write_bytes(raw)
    assert verify(folder).damage == ("audio.wav was changed between 1.0 s and 2.4 s (summary.json)",)


# --- what a crash leaves --------------------------------------------------------------------------------


def test_a_call_that_was_broken_off_is_unfinished_and_not_damaged(broken_off):
    report = verify(broken_off)
    assert (report.verdict, report.damage) == ("unfinished", ())
    assert any("the recording is proved to" in note for note in report.notes)


def test_of_a_call_that_was_killed_at_most_two_seconds_of_sound_are_not_proved(broken_off):
    (note,) = [note for note in verify(broken_off).notes if "proved" in note]
    proved_s, rest_s = (float(word) for word in note.replace(";", "").split() if word[0].isdigit())
    assert proved_s >= 2.0
    assert rest_s <= 2.0


def test_a_journal_cut_at_any_byte_of_its_last_lines_is_read_and_told(broken_off):
    (broken_off / AUDIO).unlink()  # what is cut off tells of it
    whole = (broken_off / EVENTS).read_bytes()
    found = whole.splitlines(keepends=True)
    begins = len(b"".join(found[:-3]))
    for end in range(begins, len(whole)):
        (broken_off / EVENTS).write_bytes(whole[:end])
        report = verify(broken_off)
        there = len(whole[:end].split(b"\n")) - 2  # whole lines but the header
        assert len(list(read(broken_off))) in (there, there + 1)  # + 1: only the end of the line is missing
        assert report.damage == ("the recording is missing",)
        half = any("half written" in note for note in report.notes)
        assert half == (not whole[:end].endswith(b"\n"))


def test_a_journal_cut_within_its_first_line_is_no_corruption_either(broken_off):
    (broken_off / AUDIO).unlink()
    first = lines(broken_off)[0]
    for end in range(len(first)):
        (broken_off / EVENTS).write_bytes(first[:end])
        assert verify(broken_off).verdict == "unfinished"


def test_an_unfinished_call_whose_events_were_cut_is_given_away_by_its_recording(tmp_path):
    folder = kept_call(tmp_path, 9.0, ends=False)
    write(folder, lines(folder)[:3])
    assert any("events are missing" in each for each in verify(folder).damage)


def test_corruption_within_an_unfinished_call_is_found(broken_off):
    dice = random.Random(1)
    raw = (broken_off / EVENTS).read_bytes()
    for _ in range(200):
        (broken_off / EVENTS).write_bytes(changed_byte(raw, dice))
        assert verify(broken_off).verdict == "damaged"


@pytest.mark.parametrize("reports", [30, 61, 97, 150])
def test_a_writer_killed_in_the_middle_leaves_all_it_had_reported_and_sound_to_the_last_second(
    tmp_path, reports
):
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.endless_call", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert writer.stdout is not None
        for _ in range(reports):
            last = writer.stdout.readline()
    finally:
        writer.kill()  # SIGKILL; it goes on writing until that reaches it
        writer.wait(10)
        writer.stdout.close()
    events, samples = (int(word) for word in last.split())
    (folder,) = tmp_path.iterdir()
    report = verify(folder)
    assert (report.verdict, report.damage) == ("unfinished", ())
    assert len(list(read(folder))) >= events
    with wave.open(str(folder / AUDIO)) as sound:
        assert sound.getnframes() >= samples - HEARING_RATE_HZ
        assert len(sound.readframes(sound.getnframes())) == sound.getnframes() * 4


@pytest.mark.parametrize("seed", range(12))
def test_whoever_is_killed_at_any_moment_of_any_call_leaves_records_that_are_whole(tmp_path, seed):
    """In the call, between its last event and its summary, while its recording becomes FLAC, and between two calls."""
    dice = random.Random(seed)
    writer = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.many_calls", str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert writer.stdout is not None
        for _ in range(dice.randrange(1, 4)):
            writer.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(dice.uniform(0, 0.25))
    finally:
        writer.kill()
        writer.wait(10)
        writer.stdout.close()
    folders = sorted(tmp_path.glob("[!.]*"))
    for folder in folders:
        report = verify(folder)
        assert report.verdict in ("whole", "unfinished"), report
        finish(folder)
        assert verify(folder).verdict in ("whole", "unfinished")
        assert not (folder / SUMMARY_DRAFT).exists()
        told = [message.samples for _, _, message in read(folder) if isinstance(message, SoundKept)]
        path = sound_file(folder)
        assert path is None or len(read_samples(path).pcm) >= max(told, default=0)
    assert [verify(folder).verdict for folder in folders[:-1]] == ["whole"] * (len(folders) - 1)


def test_journals_of_the_first_version_are_said_not_to_be_chained(folder):
    plain = []
    for line in lines(folder):
        event = json.loads(line)
        del event["hash"]
        plain.append(json.dumps(event | ({"journal": 1} if "journal" in event else {})).encode() + b"\n")
    write(folder, plain)
    assert verify(folder).verdict == "not chained"
    assert len(list(read(folder))) == len(plain) - 1


def test_a_call_whose_engine_was_killed_before_its_recording_began_is_unfinished(tmp_path):
    folder = kept_call(tmp_path, 3.0, ends=False)
    write(folder, lines(folder)[:1])
    (folder / AUDIO).unlink()
    report = verify(folder)
    assert (report.verdict, report.damage) == ("unfinished", ())
    assert "before the recording began" in report.notes[0]
    assert finish(folder) is None


def test_a_recording_has_its_head_and_a_journal_its_first_line_before_anybody_sees_them(
    tmp_path, monkeypatch
):
    seen: list[tuple[str, bool]] = []
    rename = Path.rename

    def told(path: Path, target: Path) -> Path:
        first = path / EVENTS if path.is_dir() else path
        seen.append((target.name, first.stat().st_size > 0 and not target.exists()))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", told)
    folder = kept_call(tmp_path, 1.2, ends=False)
    assert seen == [(folder.name, True), (AUDIO, True)]
    assert not list(tmp_path.glob(".*")) and not list(folder.glob(".*"))
