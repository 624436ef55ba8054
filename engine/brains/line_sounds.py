"""What a model is told of sounds that are nobody speaking, and how a call comes out that ends with one. Pure."""

from __future__ import annotations

from datetime import date

from engine.brains.ending import OF_RECORD
from engine.dialogue.moves import SoundOnLine
from engine.dialogue.understanding import understand
from engine.languages import load
from engine.protocol import LanguageCode, Outcome, Task

BEGINS = {
    "music": "Music plays: you are on hold. Say nothing until somebody speaks again; it may be somebody else.",
    "ringback": "It rings: you are being put through. Say nothing until somebody speaks.",
    "beep": "A beep.",
}
ENDS = {"music": "The music has stopped.", "ringback": "It does not ring any more."}
RECORDS = "The tone of an answering machine: it records what you say now."


def note_of(event: SoundOnLine) -> str:
    """What the model reads of it; "" = nothing that it need know."""
    return (BEGINS if event.on else ENDS).get(event.sound, "")


def ends_with(event: SoundOnLine, status: str, spoke_with_us: bool) -> tuple[Outcome, str] | None:
    """Outcome and reason where nobody will speak after this sound. status: of the reservation."""
    if event.too_long:
        outcome: Outcome = "needs_human"
        reason = f"on hold for {max(1, round(event.lasted_ms / 60_000))} min"
    elif event.on and event.sound == "busy":
        outcome, reason = ("far_end_hung_up" if spoke_with_us else "busy"), "a busy tone"
    elif event.on and event.sound == "information":
        outcome, reason = ("far_end_hung_up" if spoke_with_us else "not_found"), "an information tone"
    else:
        return None
    if status == "declined":
        outcome = "no_table"
    return OF_RECORD.get(status, outcome), reason


def is_machine(text: str, task: Task, language: LanguageCode) -> bool:
    """Whether these are the words of an answering machine."""
    return "voicemail" in understand(text, load(language), date.fromisoformat(task.today)).intents
