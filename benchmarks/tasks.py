"""Reservation tasks: does the scripted brain bring each to the end it should have?

    python benchmarks/tasks.py FILE [--json] [--only ID …] [--seed N] [--show]

FILE has one JSON object a line: what a guest wants (`goal`), what else they would take (`fallbacks_caller_takes`), how
the restaurant behaves (`callee_behaviour`: what it asks, what it gets wrong, each table that is asked for and whether
there is one) and the end (`expected`). Each line is a call in text and virtual time: the scripted brain behind
`Conversation`, with its tools, constraints and record, on one side, and `text_restaurant` on the other. Either knows
of the other only the sentences that were said. No model, no network, no audio.

What the brain is given: the goal as it was when the first table was asked for, so that what a guest changed before is
in it; times and days that were taken later as `accept_times` and `accept_dates`, or, for every other line whose times
lie within an hour, as the window between them. A guest who comes with another number of people after a refusal has
told the agent so before the call. Another restaurant, or town, is another call, made when the one before ended without
a table. The guest's name and number are added here.

as_expected: booked with the day, time and number of people of `expected.reservation`, in the agent's record and in the
book of the restaurant that was called last; or, for `not_booked`, a call that ended for want of a table, with nothing
in either. outside_constraints: bookings whose values the task does not allow. Exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))  # started as a script, from anywhere

from benchmarks.task_calls import TODAY, day_of, visits
from benchmarks.text_restaurant import Known, Plan, TextRestaurant
from engine.brains.scripted import Scripted
from engine.call import outcome_of
from engine.dialogue.constraints import acceptable_date, acceptable_time
from engine.dialogue.conversation import Conversation
from engine.languages import load
from engine.protocol import EndCall, LineState, Message, Reservation, Sentence, Spoken, Task, Transcript

WORD_MS = 300
HANGOVER_MS = 350
SILENCE_MS = 3000
LONGEST_CALL_MS = 600_000
NO_TABLE = ("no_table", "closed")


class Ended(NamedTuple):
    """How a call came out."""

    task: Task
    outcome: str
    reservation: Reservation
    book: Known
    said: list[str]


class Result(NamedTuple):
    """How a line came out: its calls, the last of which counts."""

    id: str
    kinds: tuple[str, ...]
    calls: list[Ended]
    as_expected: bool
    outside: bool


class TextCall:
    """One call. What was said on either side is kept in `said`."""

    def __init__(self, task: Task, plan: Plan, seed: str) -> None:
        self.task = task
        self.restaurant = TextRestaurant(plan, random.Random(seed))
        self.conversation = Conversation(
            task, lambda memory: Scripted(task, task.language, memory), lambda *_: None
        )
        self.said: list[str] = []
        self._now_ms = 0
        self._turn = 0
        self._wanted: EndCall | None = None
        self._unspoken: list[Sentence] = []

    def run(self) -> Ended:
        """From the answer to the end."""
        self._take(self.conversation.answered(0))
        self._restaurant_says(self.restaurant.greets())
        while self._wanted is None and self._now_ms < LONGEST_CALL_MS:
            text = self._agent_speaks()
            if self.restaurant.hung_up:
                break
            if text:
                self._restaurant_says(self.restaurant.hears(text))
            else:
                self._now_ms += SILENCE_MS
                self._take(self.conversation.tick(self._now_ms * 1000))
        line = LineState("ended", "far_end" if self.restaurant.hung_up else "near_end")
        outcome, _ = outcome_of(self._wanted, line, self.conversation.reservation)
        return Ended(self.task, outcome, self.conversation.reservation, self.restaurant.booked, self.said)

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, Sentence):
                self._unspoken.append(message)
            elif isinstance(message, EndCall):
                self._wanted = message

    def _restaurant_says(self, text: str) -> None:
        if not text:
            return
        self.said.append(f"restaurant: {text}")
        self.conversation.far_speech(True, self._now_ms * 1000)
        self._now_ms += WORD_MS * len(text.split()) + HANGOVER_MS
        self.conversation.far_speech(False, self._now_ms * 1000)
        self._turn += 1
        heard = Transcript(self._turn, text, True, self.task.language, 1.0, 0, self._now_ms)
        self._take(self.conversation.heard(heard, "", self._now_ms * 1000))

    def _agent_speaks(self) -> str:
        """All that the agent has to say, spoken to its end."""
        spoken: list[str] = []
        while self._unspoken:
            sentence = self._unspoken.pop(0)
            self._now_ms += WORD_MS * len(sentence.text.split())
            spoken += [sentence.text] if sentence.text else []
            report = Spoken(
                sentence.utterance,
                sentence.index,
                sentence.text,
                done=True,
                ends_utterance=sentence.last,
                cut=False,
            )
            self._take(self.conversation.spoken(report, self._now_ms * 1000))
        text = " ".join(spoken)
        if text:
            self.said.append(f"agent: {text}")
        return text


def run(line: dict[str, Any], seed: int = 0) -> Result:
    """Play one line; another seed is another wording of everything."""
    calls: list[Ended] = []
    for number, (task, plan) in enumerate(visits(line, seed)):
        calls.append(TextCall(task, plan, f"{line['id']} {seed} {number}").run())
        if calls[-1].outcome not in NO_TABLE:
            break
    return Result(
        line["id"], tuple(line["kinds"]), calls, _as_expected(line, calls[-1]), any(map(_outside, calls))
    )


def _as_expected(line: dict[str, Any], ended: Ended) -> bool:
    expected = line["expected"]
    booked = ended.reservation.status == "booked"
    if expected["outcome"] != "booked":
        return ended.outcome in NO_TABLE and not booked and not ended.book
    wanted = expected["reservation"]
    values: Known = {
        "party_size": wanted["party_size"],
        "date": day_of(wanted, line["ref_date"] or TODAY),
        "time": wanted["time"],
    }
    ours = {slot: getattr(ended.reservation, slot) for slot in values}
    theirs = {slot: ended.book.get(slot) for slot in values}
    return booked and ended.outcome == "booked" and ours == values == theirs


def _outside(ended: Ended) -> bool:
    """Was something booked that the task does not allow?"""
    task, reservation = ended.task, ended.reservation
    return reservation.status in ("booked", "changed") and not (
        acceptable_date(task, reservation.date)
        and acceptable_time(task, reservation.time)
        and (reservation.party_size, reservation.name) == (task.party_size, task.name)
    )


def summary(results: list[Result]) -> dict[str, Any]:
    """What is printed with --json."""
    kinds = sorted({kind for result in results for kind in result.kinds})
    by_kind = {kind: [result for result in results if kind in result.kinds] for kind in kinds}
    return {
        "tasks": len(results),
        "as_expected": _share(results),
        "outside_constraints": sum(result.outside for result in results),
        "by_kind": {k: {"tasks": len(of), "as_expected": _share(of)} for k, of in by_kind.items()},
    }


def _share(results: list[Result]) -> float:
    return round(sum(result.as_expected for result in results) / len(results), 4) if results else 0.0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], help="ids of lines")
    parser.add_argument("--seed", type=int, default=0, help="another one gives other wordings")
    parser.add_argument(
        "--show", action="store_true", help="the calls that did not end as expected, on stderr"
    )
    options = parser.parse_args()
    load("en")
    results = []
    lines = [json.loads(text) for text in options.file.read_text("utf-8").splitlines() if text.strip()]
    for line in lines:
        if not options.only or line["id"] in options.only:
            results.append(run(line, options.seed))
            if options.show and (not results[-1].as_expected or options.only):
                _show(results[-1], line)
    figures = summary(results)
    if options.json:
        print(json.dumps(figures))
    else:
        print(f"{figures['tasks']} tasks, {figures['as_expected']:.1%} as expected, ", end="")
        print(f"{figures['outside_constraints']} bookings outside of the constraints")
        for kind, of in figures["by_kind"].items():
            print(f"  {kind:28} {of['tasks']:4}  {of['as_expected']:.1%}")
    return 1 if figures["outside_constraints"] else 0


def _show(result: Result, line: dict[str, Any]) -> None:
    print(f"--- {result.id}: {', '.join(result.kinds)}", file=sys.stderr)
    for ended in result.calls:
        print(*ended.said, sep="\n", file=sys.stderr)
        print(f"=> {ended.outcome}, {ended.reservation.status}, in their book: {ended.book}", file=sys.stderr)
    print(f"expected: {line['expected']}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
