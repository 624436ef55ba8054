"""While the agent is silenced, or holds the line: what it hears and must not answer yet. Values only.

"" ──muted──► muted ──ends──► what is unanswered is answered
"" ──taken over──► operator ──handed back──► "", with what was said
└──lost──► the line is held for a while, then as if it were handed back without a word
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.dialogue.operator_words import FAR_END, OPERATOR
from engine.protocol import OperatorLeft, Transcript

Reason = Literal["", "muted", "operator"]
KEPT_LINES = 200  # of a take-over's conversation


class Silence(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Nothing of it: the agent speaks."""

    reason: Reason = ""
    unanswered: tuple[Transcript, ...] = ()  # heard while muted
    cut: bool = False  # something of ours was not said
    said: tuple[tuple[str, str], ...] = ()  # in a take-over: ("operator" or "far end", words)
    left: OperatorLeft | None = None  # how the take-over ended
    holds_until_us: int = 0  # the take-over was lost; monotonic, 0 = it was not

    @property
    def holds(self) -> bool:
        """Whether the line is held for an operator to come back."""
        return bool(self.holds_until_us)

    def begun(self, reason: Reason) -> Silence:
        """Silenced; what was heard before goes into the conversation of a take-over."""
        if reason != "operator":
            return msgspec.structs.replace(self, reason=reason)
        silence = msgspec.structs.replace(self, reason=reason, unanswered=(), left=None, holds_until_us=0)
        for transcript in self.unanswered:
            silence = silence.with_line(FAR_END, transcript.text)
        return silence

    def with_heard(self, transcript: Transcript) -> Silence:
        """The far end said something."""
        if not transcript.text.strip():
            return self
        if self.reason == "muted" and not self.holds:
            return msgspec.structs.replace(self, unanswered=(*self.unanswered, transcript)[-KEPT_LINES:])
        return self.with_line(FAR_END, transcript.text)

    def with_operator(self, text: str) -> Silence:
        """The operator said something."""
        return self.with_line(OPERATOR, text)

    def with_line(self, who: str, text: str) -> Silence:
        """One more line of the take-over's conversation."""
        return msgspec.structs.replace(self, said=(*self.said, (who, text))[-KEPT_LINES:])

    def as_one_turn(self) -> Transcript:
        """What is unanswered, as one turn: what they said last decides, and what came before counts too."""
        texts = [transcript.text for transcript in self.unanswered]
        return msgspec.structs.replace(self.unanswered[-1], text=" ".join(texts))
