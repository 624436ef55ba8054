"""For which tasks a stored reply is one: what was made of one task's values must never answer for another."""

from __future__ import annotations

import hashlib

import msgspec

from engine.dialogue.sentences import is_answer
from engine.languages import load
from engine.protocol import Task

ANY_TASK = ""  # entries that were stored without a task
OPTIONAL = ("phone", "wishes")  # what a task may lack, and what is said then is another answer
_OF_THE_CALL = ("today", "called_back")  # how a task is called about, not what it is


def bound_to(template: str, task: Task) -> str:
    """The tasks that may be answered with `template`, as `keys_of` names them.

    An answer of the language file fits every task that has the same to tell: its values are refilled from the present
    one, and the agent looks again whether it is what that task answers. Any other words stay with the very task that
    they were made for.
    """
    return _has(task) if is_answer(template, load(task.language)) else _key(task)


def keys_of(task: Task) -> frozenset[str]:
    """What the entries may be bound to that answer for this task."""
    return frozenset((ANY_TASK, _has(task), _key(task)))


def _has(task: Task) -> str:
    return " ".join(("has", *(field for field in OPTIONAL if getattr(task, field))))


def _key(task: Task) -> str:
    """Equal for equal tasks, and telling nothing of them."""
    wanted = {field: getattr(task, field) for field in task.__struct_fields__ if field not in _OF_THE_CALL}
    return hashlib.sha256(msgspec.json.encode(wanted, order="deterministic")).hexdigest()[:16]
