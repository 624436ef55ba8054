"""What the far end knows and wants of being recorded, in words for people."""

from __future__ import annotations

from engine.protocol import RecordingConsent

RECORDED = {
    "announced": "yes, they were told",
    "asked": "they are asked",
    "given": "yes, they agree",
    "refused": "no: they do not agree",
    "none": "no: they have not agreed",
    "stopped": "no: they wanted it to end",
}  # RecordingConsent.state


def consent_words(told: RecordingConsent) -> str:
    """One line, such as "recorded: yes, they agree (yes, of course)"."""
    theirs = f" ({told.words})" if told.words and told.state != "announced" else ""
    return f"recorded: {RECORDED[told.state]}{theirs}"
