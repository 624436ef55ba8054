"""Which actions a key means here and now, and why one cannot be done. Pure."""

from __future__ import annotations

from console.actions import IN_SITUATION, Action, Situation
from console.state.store import Store
from console.state.takeover import TakeOver


def situation(mic: TakeOver) -> Situation:
    """How this console's microphone is."""
    if mic.stage in ("off", "arming", "armed"):
        return "off" if mic.stage == "off" else "armed"
    return "talking" if mic.may_be_open else "muted"


def belongs(entry: Action, screen: str, store: Store) -> bool:
    """Whether a key means this action here and now; another one may share the key."""
    return screen in entry.on and situation(store.mic) in IN_SITUATION[entry.mic]


def refusal(entry: Action, store: Store) -> str:
    """Why this cannot be done now, in words for the operator; "" when it can."""
    if entry.id == "quit" and store.mic.stage != "off":
        return "The microphone is still held. H hands the call back; then q leaves."
    if store.readonly and (entry.commands or entry.changes_jobs):
        return "This console is read-only. Start it without --readonly to give commands."
    if entry.commands:
        if store.lost:
            return "The engine is lost: nothing was sent. Its calls may be going on."
        if store.link != "live":
            return "No engine yet. Start one: call-thing engine"
    if entry.needs_call:
        if store.call is None:
            return "No call is selected."
        if not store.call.live:
            return f"Call {store.call.number} has ended already."
    return ""
