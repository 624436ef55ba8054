"""Journals of scenarios played in text: what an engine would have written, in a moment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import msgspec

from engine.brains.scripted import Scripted
from engine.finetune.text_call import Outcome, TextCall
from engine.journal import JournalWriter
from engine.protocol import Flag, Header, Message, Sentence, Spoken, Task, Transcript
from engine.scenario import Scenario, find, load

Step = tuple[int, Flag, Message]


class RecordedCall(TextCall):
    """A text call that keeps what was said and done as events: (µs, flags, message)."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario, lambda task, memory: Scripted(task, task.language, memory))
        self.events: list[Step] = []
        for name in ("answered", "heard", "spoken", "tick", "go_on"):
            setattr(self._talk, name, self._kept(getattr(self._talk, name)))

    def _kept(self, method: Callable[..., list[Message]]) -> Callable[..., list[Message]]:
        def wrapped(*arguments: object) -> list[Message]:
            if isinstance(arguments[0], Transcript | Spoken):
                self.events.append((self._now_us, Flag.NONE, arguments[0]))
            messages = method(*arguments)
            self.events += [(self._now_us, Flag.NONE, message) for message in messages]
            return messages

        return wrapped


@cache
def played(name: str, /, **task: object) -> tuple[Task, list[Step], Outcome]:
    """A scenario's call, its task changed by the arguments."""
    scenario = load(find(name))
    scenario = msgspec.structs.replace(scenario, task=msgspec.structs.replace(scenario.task, **task))
    call = RecordedCall(scenario)
    outcome = call.run()
    return scenario.task, call.events, outcome


def write_journal(
    state: Path, call: str, task: Task, events: Iterable[Step], scenario: str = "", **summary: object
) -> Path:
    """A call's folder in a state directory. summary: what it ends with; none = the call has not ended."""
    folder = state / "journals" / call
    folder.parent.mkdir(parents=True, exist_ok=True)
    about = {"call": call, "line": "simulated", "scenario": scenario, "task": msgspec.to_builtins(task)}
    writer = JournalWriter(folder, about, 0)
    for number, (at_us, flags, message) in enumerate(events, 1):
        writer.append(Header(type(message), 1, flags, number, at_us), message)
    if summary:
        writer.close(summary)
    return folder


def record(state: Path, name: str, call: str, **task: object) -> Path:
    """Play a scenario and write its journal."""
    task_played, events, outcome = played(name, **task)
    reservation = next(
        (
            msgspec.to_builtins(message.reservation)
            for _, _, message in reversed(events)
            if type(message).__name__ == "ReservationChanged"
        ),
        {},
    )
    return write_journal(
        state, call, task_played, events, name, outcome=outcome.outcome, reservation=reservation
    )


def texts(events: Iterable[Step]) -> str:
    """Everything that was said in a call, for a reader."""
    return json.dumps(
        [message.text for _, _, message in events if isinstance(message, Sentence | Transcript)]
    )
