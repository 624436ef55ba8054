"""The scripted brain speaks again: after it was silenced, and after an operator has spoken with the far end."""

from __future__ import annotations

from typing import cast

from engine.dialogue.memory import FIELDS
from engine.dialogue.moves import HandedBack
from engine.dialogue.opening import open_call
from engine.dialogue.operator_words import Agreement, agreement_in, agreement_of, read
from engine.dialogue.turn import Turn
from engine.protocol import Outcome


def carry_on(turn: Turn) -> None:
    """Say again what was cut, or what is pending; a goodbye as well."""
    memory = turn.memory
    if memory.stage == "ending":
        outcome, reason = memory.outcome
        words = memory.last_keys[-1] if memory.last_keys else "goodbye"
        turn.finish(cast(Outcome, outcome), reason, last_words=words)
        return
    if memory.stage == "greeting":
        open_call(turn)
        return
    if not memory.disclosed:
        turn.say("disclosure")
    again(turn)


def again(turn: Turn) -> None:
    """Say once more what we said last; but who we are, and the whole opening, once is enough."""
    moves = len(turn.moves)
    for key in turn.memory.last_keys or (turn.request_key(),):
        if key.startswith("read_back"):
            turn.ask_yes()
        elif key != "disclosure":
            turn.say(key)
    if len(turn.moves) == moves:
        turn.say(turn.request_key())


def handed_back(turn: Turn, event: HandedBack) -> None:
    """The call is ours again. What was agreed is read, from the operator's words or else from the conversation:

    - done, and nothing in doubt: the tool is used with the operator's words behind it, and the call is closed;
    - values, but not that it is done: they are what we are after from now on, and are read back;
    - that they have nothing: the call is closed;
    - nothing that can be read: what is pending is asked again.
    """
    turn.remember(
        granted=turn.memory.granted | event.allowed, tool="", read_back=False, repeated=False, silences=0
    )
    agreement = _agreement(turn, event)
    if not agreement.says_something:
        if turn.memory.closing:
            outcome = cast(Outcome, turn.memory.closing)
            turn.finish(outcome, last_words=outcome)
        else:
            carry_on(turn)
        return
    turn.remember(stage="asking", pending="availability", closing="", heard_anything=True)
    if agreement.not_to_be_had:
        turn.decline("no_table", agreement.words, agreement.words, "decline")
        return
    if turn.task.kind != "cancel":
        _take_over(turn, agreement)
    if agreement.done:
        _settle(turn, agreement)
        return
    if not turn.memory.disclosed:
        turn.say("disclosure")
    turn.ask_yes()


def _agreement(turn: Turn, event: HandedBack) -> Agreement:
    task, spoken = turn.task, turn.language.code
    if event.agreed.strip():
        return agreement_in(read(event.agreed, task, spoken), task, event.agreed)
    return agreement_of(event.said, task, spoken, turn.memory.granted)


def _take_over(turn: Turn, agreement: Agreement) -> None:
    memory = turn.memory
    turn.remember(
        date=agreement.date or memory.date,
        time=agreement.time or memory.time,
        party_size=agreement.party_size or memory.party_size,
        available=True,
        full=False,
        confirmed_by={},
        corrections={},
    )


def _settle(turn: Turn, agreement: Agreement) -> None:
    task, memory = turn.task, turn.memory
    if task.kind == "cancel":
        turn.use("cancel", date=task.old_date or task.date, time=task.old_time or task.time, name=task.name)
        return
    turn.use(
        "book" if task.kind == "book" else "change",
        date=memory.date,
        time=memory.time,
        party_size=task.party_size,
        name=task.name,
        phone=task.phone if memory.phone_given else "",
        reference=agreement.reference,
        confirmed_by=dict.fromkeys(FIELDS, agreement.words),
    )
