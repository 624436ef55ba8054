"""How well, and how fast, our own reading understands what restaurants say: intents, times, dates, party sizes.

    python benchmarks/understanding.py FILE [--json] [--half 0|1] [--errors]

FILE holds one utterance of the restaurant's side a line (JSON): text, intent, slots, ref_date, dialogue_id. Lines
whose annotation is not in their words (slots_in_text, act_in_text) are left out. The reading is given the text, the day
and the language, and nothing else. --half takes the dialogues whose hash is even (0) or odd (1): look at the errors of
one half, and measure both. --errors prints the confusions and the turns that were read wrongly.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from engine.dialogue.main_intent import main_intent
from engine.dialogue.meaning import Meaning
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.languages.words import weekday_names
from engine.report import percentile

ANY_DAY = "2026-11-24"  # for lines without a day of their own
SLOTS = ("time", "date", "party_size")
IN_THE_FILE = {  # where the file's twelve intents are coarser than ours
    "ask_restaurant": "ask_restaurant_name",
    "full": "decline",
    "closed": "decline",
    "party_limit": "decline",
    "noted": "booking_confirmed",
    "available": "offer_to_book",
    "thanks": "goodbye",
    "ask_wishes": "anything_else",
    "greeting": "anything_else",  # "how may I help you?"
}

Slot = tuple[str, str]


class Reading(NamedTuple):
    """One line and what was read in it."""

    line: dict[str, Any]
    intent: str
    values: frozenset[Slot]
    expected: frozenset[Slot]
    took_ms: float


def lines_of(path: Path, half: int | None) -> Iterator[dict[str, Any]]:
    """The lines whose annotation stands in their words; of one half of the dialogues if `half` is 0 or 1."""
    for row in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(row)
        usable = line.get("slots_in_text", True) and line.get("act_in_text") is not False
        if usable and half in (None, half_of(line["dialogue_id"])):
            yield line


def half_of(dialogue_id: str) -> int:
    """0 or 1, by hash."""
    return int(hashlib.sha256(dialogue_id.encode()).hexdigest(), 16) % 2


def read(line: dict[str, Any]) -> Reading:
    """Read one line."""
    language = load(line.get("lang", "en"))
    today = date.fromisoformat(line.get("ref_date") or ANY_DAY)
    began = time.perf_counter()
    meaning = understand(line["text"], language, today)
    main = main_intent(meaning) or "none"
    took_ms = (time.perf_counter() - began) * 1000
    wanted = expected(line["slots"], language.code)
    return Reading(line, IN_THE_FILE.get(main, main), values(meaning, wanted), wanted, took_ms)


def expected(slots: dict[str, Any], code: str) -> frozenset[Slot]:
    """The annotated values; a weekday name counts with the dates, as its number."""
    found = {(slot, str(slots[slot])) for slot in SLOTS if slot in slots}
    if "day" in slots:
        names = [name.lower() for name in weekday_names(code)]
        day = str(slots["day"]).lower()
        found.add(("date", str(names.index(day)) if day in names else day))
    return frozenset(found)


def values(meaning: Meaning, wanted: frozenset[Slot]) -> frozenset[Slot]:
    """What was read; a date stands for its weekday where only a weekday is annotated."""
    found = {("time", value) for value in meaning.times} | {
        ("party_size", str(value)) for value in meaning.party_sizes
    }
    for day in meaning.dates:
        weekday = ("date", str(date.fromisoformat(day).weekday()))
        found.add(weekday if weekday in wanted else ("date", day))
    return frozenset(found)


def f1(readings: list[Reading], slot: str = "") -> float:
    """Micro F1 over one slot, or over all of them; 1.0 where there is nothing to find and nothing was found."""
    right = missed = invented = 0
    for reading in readings:
        found = {value for value in reading.values if not slot or value[0] == slot}
        wanted = {value for value in reading.expected if not slot or value[0] == slot}
        right += len(found & wanted)
        missed += len(wanted - found)
        invented += len(found - wanted)
    together = 2 * right + missed + invented
    return round(2 * right / together, 4) if together else 1.0


def measured(readings: list[Reading]) -> dict[str, Any]:
    """The figures."""
    took_ms = [reading.took_ms for reading in readings]
    right = sum(reading.intent == reading.line["intent"] for reading in readings)
    return {
        "turns": len(readings),
        "intent_accuracy": round(right / len(readings), 4) if readings else 0.0,
        "slot_f1": {"all": f1(readings)} | {slot: f1(readings, slot) for slot in SLOTS},
        "ms_per_turn": {
            "p50": round(percentile(took_ms, 0.50) or 0.0, 3),
            "p95": round(percentile(took_ms, 0.95) or 0.0, 3),
        },
    }


def print_errors(readings: list[Reading]) -> None:
    """Confusions, then every turn that was read wrongly."""
    confused = Counter((reading.line["intent"], reading.intent) for reading in readings)
    for (wanted, got), times in confused.most_common():
        print(f"{times:5d}  {wanted:20} {'' if wanted == got else got}")
    for reading in readings:
        if reading.intent != reading.line["intent"]:
            print(f"{reading.line['intent']} read as {reading.intent}: {reading.line['text']}")
    for reading in readings:
        if reading.values != reading.expected:
            missed, invented = reading.expected - reading.values, reading.values - reading.expected
            print(f"missed {sorted(missed)} invented {sorted(invented)}: {reading.line['text']}")


def main() -> None:
    """Read the file and print the figures."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("file", type=Path)
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--half", type=int, choices=(0, 1))
    arguments.add_argument("--errors", action="store_true")
    given = arguments.parse_args()
    lines = list(lines_of(given.file, given.half))
    if not lines:
        raise SystemExit(f"{given.file}: no line whose annotation is in its words")
    for code in {line.get("lang", "en") for line in lines}:
        understand(
            "", load(code), date.fromisoformat(ANY_DAY)
        )  # the patterns are compiled once, not per turn
    readings = [read(line) for line in lines]
    figures = measured(readings)
    if given.json:
        print(json.dumps(figures))
        return
    if given.errors:
        print_errors(readings)
    slots = ", ".join(f"{slot} {value:.1%}" for slot, value in figures["slot_f1"].items())
    print(f"{figures['turns']} turns: main intent right in {figures['intent_accuracy']:.1%}; F1 {slots}")
    print(
        f"{figures['ms_per_turn']['p50']} ms a turn in the middle, {figures['ms_per_turn']['p95']} ms at p95"
    )


if __name__ == "__main__":
    main()
