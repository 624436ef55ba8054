"""From the action table to Textual's bindings, with the operator's own keys where the settings name any. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual.binding import Binding
from textual.keys import Keys

from console.actions import ACTIONS, BY_ID, IN_SITUATION, Action

DIGITS = range(1, 10)
ALWAYS = (
    "mic.off"  # gets other keys besides its own: what everybody presses in haste must switch a microphone off
)
_WRITTEN = {
    "question_mark": "?",
    "slash": "/",
    "full_stop": ".",
    "comma": ",",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
}
_NAMED = {written: name for name, written in _WRITTEN.items()}


def bindings(table: tuple[Action, ...]) -> list[Binding]:
    """The table as bindings; the digits go to calls. Where a key is shared, `belongs` tells whose it is."""
    keys = [
        Binding(
            entry.keys,
            f"act('{entry.id}')",
            entry.label or entry.help,
            id=entry.id,
            show=False,
            priority=entry.priority,
        )
        for entry in table
    ]
    return keys + [Binding(str(n), f"go_to({n})", f"Call {n}", id=f"call.{n}", show=False) for n in DIGITS]


def remapped(keys: Mapping[str, str]) -> tuple[tuple[Action, ...], list[str]]:
    """The table with other keys for some of its ids, and in words what of that was not done and why."""
    table, wrong = list(ACTIONS), []
    for id_, wanted in keys.items():
        if id_ not in BY_ID:
            wrong.append(f'console.keys: there is no action "{id_}". Their names are in console/actions.py.')
            continue
        names = [_named(key.strip()) for key in wanted.split(",")]
        unknown = next((name for name in names if not _is_key(name)), None)
        if unknown is not None:
            wrong.append(f'console.keys: "{unknown}" for {id_} is no key. Write x, X, f5 or ctrl+x.')
            continue
        if id_ == ALWAYS:
            names = list(dict.fromkeys([*names, *BY_ID[id_].keys.split(",")]))
        place = next(at for at, entry in enumerate(table) if entry.id == id_)
        table[place] = replace(table[place], keys=",".join(names), shown=" ".join(map(written, names)))
    ours = {id_ for id_ in keys if id_ in BY_ID}
    for one, other, key in clashes(tuple(table)):
        mine = one if one.id in ours and not (one.id == ALWAYS and other.id in ours) else other
        place = next(at for at, entry in enumerate(table) if entry.id == mine.id)
        theirs = other if mine is one else one
        wrong.append(
            f"console.keys: {written(key)} for {mine.id} is {theirs.id} already; {mine.id} keeps its own."
        )
        table[place] = BY_ID[mine.id]
    return tuple(table), wrong


def clashes(table: tuple[Action, ...]) -> list[tuple[Action, Action, str]]:
    """Pairs that one key would mean in the same place and situation."""
    found = []
    for at, one in enumerate(table):
        for other in table[at + 1 :]:
            shared = set(one.keys.split(",")) & set(other.keys.split(","))
            meet = set(one.on) & set(other.on) and set(IN_SITUATION[one.mic]) & set(IN_SITUATION[other.mic])
            if shared and meet:
                found.append((one, other, min(shared)))
        digit = set(one.keys.split(",")) & {str(n) for n in DIGITS}
        if digit:
            found.append((one, one, min(digit)))
    return found


def written(key: str) -> str:
    """A key as people write it."""
    head, plus, last = key.rpartition("+")
    sign = _WRITTEN.get(last, last)
    return f"^{sign}" if head == "ctrl" else f"{head}{plus}{sign}"


def _named(key: str) -> str:
    """A key as Textual calls it."""
    if key.startswith("^") and len(key) > 1:
        key = f"ctrl+{key[1:]}"
    head, plus, last = key.rpartition("+") if len(key) > 1 else ("", "", key)
    return head + plus + _NAMED.get(last, last)


def _is_key(name: str) -> bool:
    base = name.rpartition("+")[2]
    known = base in _WRITTEN or base in {key.value for key in Keys} or (len(base) == 1 and base.isprintable())
    return bool(base) and known
