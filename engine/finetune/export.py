"""Approved calls as files for training: read, replaced, looked through once more, split, written.

FOLDER/train.jsonl          one call a line, for learning
FOLDER/validation.jsonl     the same, for measuring what was learnt
FOLDER/examples.json        which call is in which line, with the task as the line has it; never uploaded
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from engine import journal
from engine.errors import StateError
from engine.finetune.calls import Recorded
from engine.finetune.examples import Line, example_of, learnt
from engine.finetune.leaks import leaks
from engine.finetune.personal import Secrets
from engine.finetune.replacing import Replacer
from engine.finetune.turns import Heard, Said, Silent, Told, Turn, Used, turns_of
from engine.protocol import Flag, Message, Task

TRAIN = "train.jsonl"
VALIDATION = "validation.jsonl"
MANIFEST = "examples.json"


class Example(msgspec.Struct, frozen=True):
    """One call's line, and where it comes from."""

    call: str
    line: str  # JSON
    task: Task  # with stand-ins
    until: str = ""  # why it ends before the call did
    sha256: str = ""  # of the line


class LeftOut(msgspec.Struct, frozen=True):
    """A call that is no example, and why."""

    call: str
    why: str


def example(call: str, task: Task, events: Iterable[tuple[int, Flag, Message]]) -> Example | LeftOut:
    """One call's line, with stand-ins for everything personal; or why there is none. Pure."""
    told = turns_of(task, events)
    references = tuple(
        str(turn.arguments["reference"])
        for turn in told.turns
        if isinstance(turn, Used) and turn.arguments.get("reference")
    )
    other_task, other = replaced(call, task, told, references)
    line = example_of(other_task, other)
    if not learnt(line):
        return LeftOut(call, told.until or "the agent neither said nor did anything to learn from")
    if not any(isinstance(turn, Heard) for turn in told.turns):
        return LeftOut(call, told.until or "the restaurant said nothing")
    found = leaks(f"{words_of(line)}\n. {other_task.wishes}", task, references)
    if found:
        return LeftOut(call, f"{', '.join(found)} would be left in it")
    text = json.dumps(line, ensure_ascii=False)
    return Example(call, text, other_task, told.until, hashlib.sha256(text.encode()).hexdigest())


def replaced(call: str, task: Task, told: Told, references: tuple[str, ...] = ()) -> tuple[Task, Told]:
    """The task and the turns with stand-ins."""
    secrets = Secrets(task, call, references)
    replacer = Replacer(secrets)
    for turn in told.turns:
        if isinstance(turn, Heard | Said):
            replacer.learn(turn.text, isinstance(turn, Heard))

    def turn_of(turn: Turn) -> Turn:
        match turn:
            case Heard() | Said():
                return msgspec.structs.replace(turn, text=replacer.text(turn.text))
            case Silent():
                return turn
            case Used():
                arguments = replacer.arguments(turn.arguments)
                return msgspec.structs.replace(turn, arguments=arguments, result=replacer.text(turn.result))
            case _:
                return msgspec.structs.replace(turn, reason=replacer.text(turn.reason))

    other = secrets.task(task)
    other = msgspec.structs.replace(other, wishes=replacer.text(task.wishes))
    return other, msgspec.structs.replace(told, turns=tuple(map(turn_of, told.turns)))


def words_of(line: Line) -> str:
    """All that was said and done, without what every line of a language shares: prompt and tools."""
    parts: list[str] = []
    for message in line["messages"]:
        if message["role"] != "system":
            parts.append(str(message.get("content") or ""))
            for call in message.get("tool_calls", ()):
                parts += _values(json.loads(call["function"]["arguments"]))
    return "\n. ".join(parts)


def _values(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _values(each)]
    return [] if value is None else [str(value)]


def for_validation(call: str, share: float) -> bool:
    """Whether a call is kept for measuring; decided by its name alone, so that it never changes sides."""
    number = int.from_bytes(hashlib.sha256(call.encode()).digest()[:8], "big")
    return number < share * 2**64


def examples(calls: Iterable[Recorded]) -> tuple[list[Example], list[LeftOut]]:
    """The lines of the calls that are approved. Others are not looked at."""
    made: list[Example] = []
    left: list[LeftOut] = []
    for call in calls:
        if call.approval is None:
            continue
        one = example(call.call, call.task, journal.read(call.folder))
        if isinstance(one, Example):
            made.append(one)
        else:
            left.append(one)
    return made, left


def write(folder: Path, made: list[Example], validation: float) -> dict[str, list[Example]]:
    """The three files, whole or not at all. Returns what is in which. Raises StateError."""
    files = {
        TRAIN: [each for each in made if not for_validation(each.call, validation)],
        VALIDATION: [each for each in made if for_validation(each.call, validation)],
    }
    manifest = {
        name: [
            {
                "call": each.call,
                "sha256": each.sha256,
                "task": msgspec.to_builtins(each.task),
                "until": each.until,
            }
            for each in each_file
        ]
        for name, each_file in files.items()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, each_file in files.items():
            _write(folder / name, "".join(f"{each.line}\n" for each in each_file))
        _write(folder / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise StateError(
            f"{folder}: cannot be written ({error.strerror}). Choose another folder for the files."
        ) from None
    return files


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
