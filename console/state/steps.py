"""What stands in a transcript of who had the call: take-overs and mutes, not each time that somebody talks. Pure."""

from __future__ import annotations

from typing import Literal

from engine.protocol import AgentSilenced, MicState, OperatorAct, OperatorLeft, OperatorWords

Operated = OperatorAct | OperatorWords | MicState | AgentSilenced | OperatorLeft
LIVE = ("ptt", "full")


def step_words(message: Operated, mic: MicState, silenced: Literal["", "muted", "operator"]) -> str:
    """One line for a message that changes it; "" for one that does not. mic, silenced: as they were before."""
    match message:
        case MicState(mode="ptt" | "full", operator=who):
            same = mic.mode in LIVE and mic.operator == who
            return "" if same else f"{who or 'an operator'} took over"
        case OperatorLeft(lost=True):
            return "take-over lost"
        case OperatorLeft(agreed=agreed):
            return f"handed back: {agreed}" if agreed else "handed back"
        case AgentSilenced(reason="muted", by=by):
            return "" if silenced == "muted" else f"muted by {by}" if by else "muted"
        case AgentSilenced(reason=""):
            return "the agent may speak again" if silenced == "muted" else ""
        case _:
            return ""
