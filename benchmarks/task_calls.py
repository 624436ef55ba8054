"""What a line of reservation tasks becomes: the calls that it may need, each with its task and its restaurant."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from benchmarks.restaurant_words import minutes
from benchmarks.text_restaurant import Attempt, Known, Plan
from engine.languages.words import weekday_names
from engine.protocol import Task

TODAY = "2026-11-24"  # for lines without a day from which theirs are counted
WINDOW_MINUTES = 60
GUESTS = (
    "Grace Miller",
    "Peter Novak",
    "Maria Santos",
    "John Baker",
    "Linda Okafor",
    "Paul Fischer",
    "Rosa Klein",
)


def visits(line: dict[str, Any], seed: int = 0) -> Iterator[tuple[Task, Plan]]:
    """The calls that a line may need, each with its task and its restaurant."""
    dice = random.Random(f"{line['id']} {seed}")
    today = line["ref_date"] or TODAY
    goal = line["goal"]
    guest, number = dice.choice(GUESTS), f"+1415555{dice.randrange(100, 200):04d}"
    behaviour = line["callee_behaviour"]
    groups: list[list[dict[str, Any]]] = []
    for attempt in behaviour["attempts"]:
        wanted = goal | attempt["requested"]
        place = (wanted["restaurant_name"], wanted.get("city", ""))
        if not groups or _place(groups[-1][0], goal) != place:
            groups.append([])
        groups[-1].append(attempt | {"requested": wanted})
    asks, wrong = tuple(behaviour["asks"]), behaviour["wrong_readback"]
    for attempts in groups:
        taken = [attempt["requested"] for attempt in attempts]
        people = taken[-1]["party_size"]
        first, later = taken[0], taken[1:]
        days = [day_of(wanted, today) for wanted in taken]
        task = Task(
            restaurant=", ".join(filter(None, (first["restaurant_name"], first.get("city", "")))),
            today=today,
            date=days[0],
            time=first["time"],
            party_size=people,
            name=guest,
            phone=number,
            accept_dates=tuple(dict.fromkeys(day for day in days if day != days[0])),
            **_times(first["time"], [wanted["time"] for wanted in later], dice.random() < 0.5),
        )
        yield (
            task,
            Plan(
                first["restaurant_name"],
                first.get("city", ""),
                today,
                asks,
                _wrong(wrong, task, today),
                tuple(
                    Attempt(
                        day,
                        attempt["requested"]["time"],
                        people,
                        attempt["result"] == "accepted",
                        (attempt.get("callee_changes") or {}).get("time", ""),
                        attempt.get("reference", ""),
                    )
                    for day, attempt in zip(days, attempts, strict=True)
                ),
            ),
        )
        asks, wrong = (), []  # of the restaurant that was called first


def _place(attempt: dict[str, Any], goal: dict[str, Any]) -> tuple[str, str]:
    wanted = goal | attempt["requested"]
    return wanted["restaurant_name"], wanted.get("city", "")


def _times(first: str, later: list[str], as_window: bool) -> dict[str, Any]:
    """The times that would do besides: one by one, or the stretch in which all of them lie."""
    times = sorted({first, *later})
    if as_window and 0 < minutes(times[-1]) - minutes(times[0]) <= WINDOW_MINUTES:
        return {"accept_from": times[0], "accept_until": times[-1]}
    return {"accept_times": tuple(dict.fromkeys(time for time in later if time != first))}


def _wrong(corrections: list[dict[str, Any]], task: Task, today: str) -> Known:
    """What the restaurant gets wrong, as far as it is wrong."""
    right = {"party_size": task.party_size, "date": task.date, "time": task.time}
    wrong = {
        each["slot"]: day_of({"day": each["callee_said"]}, today)
        if each["slot"] == "day"
        else each["callee_said"]
        for each in corrections
    }
    return {slot: value for slot, value in wrong.items() if right.get(slot) not in (None, value)}


def day_of(wanted: dict[str, Any], today: str) -> str:
    """The day that is wanted; a weekday is the next one; where none is said it is today."""
    if "date" in wanted:
        return str(wanted["date"])
    start = date.fromisoformat(today)
    if "day" not in wanted:
        return today
    weekdays = [name.lower() for name in weekday_names("en")]
    ahead = (weekdays.index(str(wanted["day"]).lower()) - start.weekday()) % 7
    return (start + timedelta(days=ahead)).isoformat()
