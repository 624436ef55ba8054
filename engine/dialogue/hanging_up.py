"""The end of a call: decided by the brain, and made once all that was to be said before it has been said. Pure."""

from __future__ import annotations

import msgspec

from engine.dialogue.message_left import MessageLeft
from engine.dialogue.speech import Fate
from engine.protocol import EndCall, Message, Outcome, ToolCalled


class HangingUp:
    """One call's."""

    def __init__(self, decided: tuple[Outcome, str] | None, message: MessageLeft) -> None:
        """decided: outcome and reason, before a restart."""
        self.decided = decided
        self.message = message  # what a machine was given of our words
        self.done = False
        self._waits = (
            False  # our last words were cut: what they say instead is heard before the line is closed
        )

    def come_to(self, ends_with: tuple[Outcome, str] | None, told: list[Message]) -> None:
        """The brain has decided this, None = nothing about the end, and these messages are sent."""
        self.decided = ends_with or self.decided
        for_machine = self.decided is not None and self.decided[0] == "voicemail"
        if for_machine or any(map(_leaves_a_message, told)):
            self.message = msgspec.structs.replace(self.message, begun=True)

    def they_spoke(self) -> None:
        """The far end has said something."""
        self._waits = False
        self.message = self.message.they_spoke()

    def they_are_silent(self) -> None:
        """… and says nothing instead of our last words."""
        self._waits = False

    def we_were_cut(self) -> None:
        """They have begun to say something over our words."""
        self._waits = True

    def we_said(self, fate: Fate) -> None:
        """Playback has told what became of a sentence."""
        self.message = self.message.told(fate.text, fate.whole)

    def reopen(self) -> None:
        """An operator has spoken with them: what the brain had decided is open again."""
        self.decided = None
        self._waits = self.done = False

    def when_all_is_said(self) -> list[Message]:
        """The end, if it has been decided; once."""
        if self.decided is None or self.done or self._waits:
            return []
        self.done = True
        outcome, reason = self.decided
        return [EndCall(outcome, self.message.in_words() if outcome == "voicemail" else reason)]


def _leaves_a_message(message: Message) -> bool:
    """Whether what we say from here on is for a machine."""
    return isinstance(message, ToolCalled) and message.tool == "leave_message" and not message.refused
