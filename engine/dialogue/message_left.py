"""How much of the words that were meant for an answering machine it was really given. Pure.

Nothing that a machine records comes back to us; what playback has told of our words is all that is known.
"""

from __future__ import annotations

import msgspec


class MessageLeft(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """Our words since the far end spoke last, or since a message was begun."""

    given: int = 0
    meant: int = 0
    begun: bool = False  # what they say after this is a beep, or the machine's: the message goes on

    def told(self, text: str, whole: str) -> MessageLeft:
        """Playback has told what the far end was given of a sentence."""
        return MessageLeft(self.given + _words(text), self.meant + _words(whole), self.begun)

    def they_spoke(self) -> MessageLeft:
        """The far end has; a conversation is no message."""
        return self if self.begun else MessageLeft()

    def in_words(self) -> str:
        """For an operator and the record."""
        if not self.given:
            return "no message was left"
        if self.given >= self.meant:
            return "the message was left"
        return f"a part of the message was left: {self.given} of {self.meant} words"


def _words(text: str) -> int:
    return len(text.split())
