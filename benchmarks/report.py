"""What a report of a call of three minutes takes: seconds, and bytes.

    python benchmarks/report.py [--json] [--repeat 3] [--journal FOLDER]

seconds      from the folder to the page: reading, drawing, and making the recording small; the fastest of the repeats,
             with `cpu_seconds` beside it, which a busy machine does not change
bytes        of the page with the recording in it; `bytes_without_sound` without

The call is one of the same length made of a recorded one (--journal, or a made-up one with noise for voices, which is
the hardest to make small): its events and its sound one after the other until three minutes are full.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1]))

from engine import journal
from engine.journal import JournalWriter
from engine.protocol import Header, elapsed_us
from engine.recorder import wav_head
from engine.records.sound import SAMPLE_BYTES, read_sound, sound_file
from engine.reports.page import call_page

LENGTH_S = 180
RATE_HZ = 16_000
GROW = ("start_ms", "end_ms", "decided_ms", "audible_end_ms", "at_ms")  # of media time, in messages
COUNTED = ("turn", "utterance")


def lengthened(source: Path, target: Path) -> Path:
    """The call again and again, with its turns numbered on, until it is long enough."""
    header = json.loads((source / journal.EVENTS).read_bytes().partition(b"\n")[0])
    steps = list(journal.read(source))
    path = sound_file(source)
    assert path is not None, f"{source} has no recording"
    pcm = read_sound(path).pcm
    round_ms = len(pcm) * 1000 // (RATE_HZ * SAMPLE_BYTES)
    about = {
        name: value for name, value in header.items() if name not in ("journal", "wall", "clock_us", "hash")
    }
    writer = JournalWriter(target, about, 0)
    rounds = -(-LENGTH_S * 1000 // round_ms)
    for number in range(rounds):
        for us, flags, message in steps:
            at_us = us + number * round_ms * 1000
            if at_us <= LENGTH_S * 1_000_000:
                later = _later(message, number * round_ms, number * 100, header.get("clock_us", 0))
                writer.append(Header(0, 1, flags, 0, at_us % (1 << 32)), later)
    summary = json.loads((source / journal.SUMMARY).read_bytes())
    began_us = summary.get("audio", {}).get("began_us", 0)
    writer.close({"outcome": "booked", "reason": "", "audio": {"began_us": began_us}})
    whole = (pcm * rounds)[: LENGTH_S * RATE_HZ * SAMPLE_BYTES]
    (target / journal.AUDIO).write_bytes(wav_head(len(whole) // SAMPLE_BYTES) + whole)
    return target


def _later(message: msgspec.Struct, by_ms: int, count: int, clock_us: int) -> msgspec.Struct:
    changed = {
        name: getattr(message, name) + (by_ms if name in GROW else count)
        for name in message.__struct_fields__
        if (name in GROW or name in COUNTED) and isinstance(getattr(message, name), int)
    }
    at_us = getattr(message, "at_us", 0)
    if at_us:  # the header's clock begins with the call here
        changed["at_us"] = (elapsed_us(clock_us, at_us) + by_ms * 1000) % (1 << 32)
    return msgspec.structs.replace(message, **changed)


def made_up(folder: Path) -> Path:
    """A call whose voices are noise."""
    from tests.fakes.kept_calls import kept_call

    return kept_call(folder, 20.0)


def measured(folder: Path, repeat: int) -> dict[str, float]:
    seconds, cpu = [], []
    page = ""
    for _ in range(repeat):
        began, cpu_began = time.perf_counter(), time.process_time()
        page = call_page(folder)
        seconds.append(time.perf_counter() - began)
        cpu.append(time.process_time() - cpu_began)
    return {
        "call_seconds": LENGTH_S,
        "events": sum(1 for _ in journal.read(folder)),
        "seconds": round(min(seconds), 2),
        "cpu_seconds": round(min(cpu), 2),
        "bytes": len(page.encode()),
        "bytes_without_sound": len(call_page(folder, audio=False).encode()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--journal", type=Path, help="folder of a recorded call")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ct-") as folder:
        source = options.journal or made_up(Path(folder))
        figures = measured(lengthened(source, Path(folder) / "20260101-000000-1-9"), options.repeat)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:<20}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
