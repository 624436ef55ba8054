"""A call as a vCon: who took part, the sound or the words, what came of it, and the journal that proves it. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from engine.protocol import (
    Flag,
    LineState,
    Message,
    OperatorWords,
    PlaybackStarted,
    ReservationChanged,
    Spoken,
    Task,
    Transcript,
)
from engine.records.vcon import Analysis, Attachment, Dialog, Party, Redacted, VCon, as_base64url

Step = tuple[int, Flag, Message]  # µs since the call began
VENDOR = "Call-Thing"
AGENT, RESTAURANT, OPERATOR = 0, 1, 2  # places in the parties
TRANSCRIPT, REPORT = "call-thing/transcript/1", "call-thing/report/1"
_DISPOSITIONS = {
    "no_answer": "no-answer",
    "busy": "busy",
    "declined": "hung-up",
    "far_end_hung_up": "hung-up",
    "hung_up": "hung-up",
    "network_away": "congestion",
    "voicemail": "voicemail-no-message",
}


class Told(msgspec.Struct, frozen=True):
    """A call as it is to be handed on."""

    call: str  # its id
    origin: str  # hash of the journal's first line: what the vCon's number is made of
    began: datetime  # UTC
    seconds: float
    line: str
    task: Task
    events: tuple[Step, ...]
    outcome: str = ""
    reason: str = ""
    without: str = ""  # not empty: what was taken out of it
    recorded: bool = False  # there was a recording, whether or not it is handed on
    sound: bytes | None = None  # WAV
    sound_seconds: float = 0.0
    sound_began_us: int = 0  # since the call's beginning
    files: tuple[tuple[str, str, bytes], ...] = ()  # name, media type, content of what proves it


class Turn(msgspec.Struct, frozen=True):
    """One party's words."""

    party: int
    start_us: int
    seconds: float
    text: str


def vcon_of(told: Told, now: datetime) -> VCon:
    """now: when the vCon is made."""
    turns = turns_of(told.events, told.sound_began_us if told.recorded else None)
    operated = any(turn.party == OPERATOR for turn in turns)
    answered = bool(turns) or any(
        isinstance(m, LineState) and m.state == "answered" for _, _, m in told.events
    )
    dialog = _dialog(told, turns, answered)
    start = date(told.began)
    task = msgspec.to_builtins(told.task)
    whole = number_of(told.origin, told.began)
    return VCon(
        vcon="0.4.0",
        uuid=number_of(f"{told.origin} redacted", told.began) if told.without else whole,
        created_at=date(now),
        subject=f"{told.task.kind}: {told.task.date} {told.task.time}, {told.task.party_size} people",
        redacted=Redacted(type=told.without, uuid=whole) if told.without else None,
        parties=_parties(told, operated),
        dialog=dialog,
        attachments=[
            Attachment(
                purpose="what the agent was to arrange, and what it might accept",
                start=start, party=AGENT, dialog=0, mediatype="application/json", encoding="json", body=task,
            ),
            *(
                Attachment(
                    purpose="the journal of the call, chained by hashes", start=start, party=AGENT, dialog=0,
                    filename=name, mediatype=mediatype, encoding="none", body=content.decode(),
                )
                for name, mediatype, content in told.files
            ),
        ],
        analysis=_analysis(told, turns, len(dialog)),
    )  # fmt: skip


def turns_of(events: Iterable[Step], media_us: int | None = None) -> list[Turn]:
    """What was said, in order: of the agent what was really heard of it.

    media_us: when media time began; None = not known, then words were heard when they were understood, or before.
    """
    turns: list[Turn] = []
    since_us: dict[int, int] = {}  # utterance of the agent → from when what it says next is heard
    for us, _, message in events:
        match message:
            case PlaybackStarted(utterance=utterance):
                since_us[utterance] = us
            case Transcript(final=True, text=text) if text:
                turns.append(_heard(RESTAURANT, us, message, media_us))
            case OperatorWords(text=text) if text:
                turns.append(_heard(OPERATOR, us, message, media_us))
            case Spoken(utterance=utterance, text=text, done=True) if text:
                start_us = min(since_us.get(utterance, us), us)
                since_us[utterance] = us
                turns.append(Turn(AGENT, start_us, round((us - start_us) / 1e6, 3), text))
    return sorted(turns, key=lambda turn: turn.start_us)


def number_of(origin: str, began: datetime) -> str:
    """A version 8 UUID that is always the same of one call: its time as in version 7, and 74 bits of a hash."""
    digest = int.from_bytes(hashlib.sha256(origin.encode()).digest()[:16], "big")
    value = (int(began.timestamp() * 1000) & ((1 << 48) - 1)) << 80
    value |= 8 << 76 | (digest >> 116) << 64 | 2 << 62 | digest & ((1 << 62) - 1)
    text = f"{value:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def date(moment: datetime) -> str:
    """As RFC 3339 has it."""
    return moment.isoformat(timespec="milliseconds")


def _heard(party: int, us: int, message: Transcript | OperatorWords, media_us: int | None) -> Turn:
    length_ms = max(0, message.end_ms - message.start_ms)
    start_us = us - length_ms * 1000 if media_us is None else media_us + message.start_ms * 1000
    return Turn(party, max(0, start_us), length_ms / 1000, message.text)


def _parties(told: Told, operated: bool) -> list[Party]:
    agent = Party(name=VENDOR, type="bot")
    if told.without:
        parties = [agent, Party(name="anonymous"), Party(name="anonymous")]
    else:
        restaurant = Party(name=told.task.restaurant, type="organization")
        parties = [agent, restaurant, Party(name="operator", type="person")]
    return parties if operated else parties[:2]


def _dialog(told: Told, turns: list[Turn], answered: bool) -> list[Dialog]:
    caller = RESTAURANT if told.task.called_back else AGENT
    start = date(told.began + timedelta(microseconds=told.sound_began_us if told.recorded else 0))
    if told.recorded:
        kept = told.sound is not None
        ends: list[int | list[int] | None] = [RESTAURANT, AGENT]  # left and right
        if any(turn.party == OPERATOR for turn in turns):
            ends = [RESTAURANT, [AGENT, OPERATOR]]
        return [
            Dialog(
                type="recording", start=start, duration=float(told.sound_seconds or told.seconds), parties=ends,
                originator=None if caller == RESTAURANT else caller, mediatype="audio/x-wav" if kept else None,
                filename=f"{told.call}.wav" if kept else None, encoding="base64url" if kept else None,
                body=None if told.sound is None else as_base64url(told.sound), application=told.line,
            )
        ]  # fmt: skip
    if not answered or not turns:
        why = _DISPOSITIONS.get(told.outcome, "failed")
        return [
            Dialog(
                type="incomplete",
                start=start,
                parties=[caller, 1 - caller],
                disposition=why,
                application=told.line,
            )
        ]
    return [
        Dialog(
            type="text", start=date(told.began + timedelta(microseconds=turn.start_us)), duration=turn.seconds,
            parties=turn.party, mediatype="text/plain", encoding="none", body=turn.text, application=told.line,
        )
        for turn in turns
    ]  # fmt: skip


def _analysis(told: Told, turns: list[Turn], dialogs: int) -> list[Analysis]:
    agreed: dict[str, Any] = {}
    for _, _, message in told.events:
        if isinstance(message, ReservationChanged):
            agreed = msgspec.to_builtins(message.reservation)
    report = {"outcome": told.outcome, "reason": told.reason, "seconds": told.seconds, "reservation": agreed}
    found = [
        Analysis(
            type="report", dialog=list(range(dialogs)), vendor=VENDOR, schema=REPORT, mediatype="application/json",
            encoding="json", body=report,
        )
    ]  # fmt: skip
    if told.recorded and turns:
        said = [
            {
                "party": turn.party,
                "start_s": round(turn.start_us / 1e6, 3),
                "seconds": turn.seconds,
                "text": turn.text,
            }
            for turn in turns
        ]
        found.append(
            Analysis(
                type="transcript", dialog=0, vendor=VENDOR, schema=TRANSCRIPT, mediatype="application/json",
                encoding="json", body=said,
            )
        )  # fmt: skip
    return found
