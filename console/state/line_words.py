"""What a line says of itself, in words for people. Addresses and numbers of people are left out."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.protocol import DigitHeard, LineAction, LineState, Message

HIDDEN = "(hidden)"
_ADDRESS = re.compile(
    r"\b(?:sips?|tel):[^\s>\"',]+|[^\s<>\"'@]+@[\w.\-\[\]:]+|\+\d[\d ()./-]{4,}\d|(?<![\w/.-])\d{7,}(?![\w/.-])",
    re.I,
)
_ENDS = {
    "far_end": "they hung up",
    "near_end": "we hung up",
    "no_answer": "nobody picked up",
    "busy": "busy",
    "declined": "they declined the call",
    "not_found": "nobody has this number",
    "unavailable": "not available at the moment",
    "redirected": "redirected elsewhere; not followed",
    "unreachable": "nothing answers there",
    "network_away": "the network is gone",
    "rejected": "the other side refused the call",
    "transferred": "somebody else goes on with it",
    "line_lost": "our line's process ended",
}
_LOOKS_BAD = ("not_found", "redirected", "unreachable", "network_away", "rejected", "line_lost")
_WHO = {"far_end": "them", "near_end": "us"}
_ACTIONS = {
    "hold": ("hold: done", "not put on hold"),
    "resume": ("off hold: done", "not taken off hold"),
    "digits": ("we pressed", "keys not pressed"),
    "transfer": ("handed on to somebody else", "not handed on"),
}


class Words(NamedTuple):
    """A text and how urgent it is: "info" or "warning"."""

    text: str
    level: str = "info"


def without_addresses(text: str) -> str:
    """The text with the addresses and numbers of people taken out; status codes stay."""
    return _ADDRESS.sub(HIDDEN, text)


def end_words(reason: str) -> str:
    """How a line ended; an error's own words are passed on."""
    return _ENDS.get(reason, without_addresses(reason))


def held_by(who: str) -> str:
    """Who holds: "by them", "by us", or whoever the line names."""
    return f"by {_WHO.get(who, without_addresses(who))}" if who else ""


def detailed(text: str, detail: str) -> str:
    """A text with the far end's side's own words behind it, where they say more."""
    detail = without_addresses(detail)
    if not detail or detail.casefold() in text.casefold():
        return text
    return f"{text} ({detail})" if text else detail


def words_of(message: Message) -> Words | None:
    """Something the line says, None when it is nothing for a line of text."""
    match message:
        case LineState():
            return _state(message)
        case DigitHeard():
            return Words(f"they pressed {message.digit}")
        case LineAction():
            return _action(message)
        case _:
            return None


def note_of(message: Message, answered: bool) -> Words | None:
    """The same for the conversation, which has its own signs for how a call begins and ends."""
    if isinstance(message, LineState) and message.state in (
        "waiting",
        "dialling",
        "ringing",
        "answered",
        "ended",
    ):
        return None
    if isinstance(message, LineState) and message.state == "early_media" and answered:
        return None
    if isinstance(message, LineAction) and message.done and message.action in ("hold", "resume"):
        return None  # the line's state says it
    return words_of(message)


def _state(message: LineState) -> Words:
    match message.state:
        case "ended":
            reason = end_words(message.reason)
            text = detailed("ended" + (f": {reason}" if reason else ""), message.detail)
            return Words(text, "warning" if message.reason in _LOOKS_BAD else "info")
        case "early_media":
            return Words(detailed("sound before the answer", message.detail))
        case "held":
            return Words(detailed(f"put on hold {held_by(message.reason)}".rstrip(), message.detail))
        case "resumed":
            return Words(detailed(f"taken off hold {held_by(message.reason)}".rstrip(), message.detail))
        case _:
            text = message.state.replace("_", " ")
            reason = without_addresses(message.reason)
            return Words(detailed(text + (f": {reason}" if reason else ""), message.detail))


def _action(message: LineAction) -> Words:
    plain = message.action.replace("_", " ")
    done, failed = _ACTIONS.get(message.action, (f"{plain} done", f"{plain} not done"))
    if message.done:  # only keys are named; a target is an address
        return Words(f"{done} {message.words}" if message.action == "digits" else done)
    words = without_addresses(message.words)
    return Words(failed + (f": {words}" if words else ""), "warning")
