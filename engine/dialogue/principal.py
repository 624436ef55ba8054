"""Asking the person, through an operator, about an offer that would not do; and what comes of the answer."""

from __future__ import annotations

from typing import cast

from engine.dialogue.moves import ToolResult
from engine.dialogue.turn import Turn
from engine.protocol import Outcome


def asks(turn: Turn, reason: str) -> bool:
    """Ask about what they offered last, instead of giving up for `reason`. False where there is nobody or nothing."""
    memory = turn.memory
    offer = f"{memory.offered_date} {memory.offered_time} {memory.offered_party or ''}".strip()
    if not memory.may_ask or not offer or offer in memory.asked_about:
        return False
    turn.remember(
        asked_about=(*memory.asked_about, offer), declining=("no_table", reason, "decline"), full=True
    )
    turn.use("ask_principal", question=_question(turn), **_offered(turn))
    return True


def answered(turn: Turn, result: ToolResult) -> None:
    """Take the offer if it would do now; else give up as we would have without asking."""
    memory = turn.memory
    date, time, people = memory.offered_date, memory.offered_time, memory.offered_party
    does = (
        not result.refused
        and (not date or turn.date_does(date))
        and (not time or turn.time_does(time))
        and (not people or people in memory.granted.party_sizes)
    )
    turn.remember(offered_date="", offered_time="", offered_party=0)
    if not does:
        outcome, why, last_words = memory.declining
        turn.decline(cast(Outcome, outcome), why, why, last_words)
        return
    turn.remember(
        date=date or memory.date,
        time=time or memory.time,
        party_size=people or memory.party_size,
        confirmed_by={},
        misunderstood=0,
        full=False,
    )
    if time:
        turn.say("accept_time")
    elif date:
        turn.say("accept_date")
    turn.ask_yes()


def _offered(turn: Turn) -> dict[str, str | int]:
    memory = turn.memory
    of: dict[str, str | int] = {
        "date": memory.offered_date,
        "time": memory.offered_time,
        "party_size": memory.offered_party,
    }
    return {name: value for name, value in of.items() if value}


def _question(turn: Turn) -> str:
    memory, task = turn.memory, turn.task
    if memory.offered_party:
        return f"They take at most {memory.offered_party} people, and not {task.party_size}. Would that do?"
    date, time = memory.offered_date or memory.date, memory.offered_time or memory.time
    return f"They offer {time} on {date}, instead of {task.time} on {task.date}. Would that do?"
