"""How long nobody has spoken, and how long the far end has been away from its phone. Pure: time is passed in."""

from __future__ import annotations

from engine.call import UNANSWERED
from engine.protocol import (
    DialogueState,
    Message,
    OperatorWords,
    PlaybackStarted,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    ToolCalled,
    Transcript,
    Voice,
    elapsed_us,
)

SPEECH = 0.5  # probability of a window at which somebody speaks, as vad.enter


class Quiet:
    """Who spoke last, and when."""

    def __init__(self) -> None:
        self.state = "dialling"
        self._agent_speaks = False
        self._since_us: int | None = None  # the first moment in which nobody spoke

    def take(self, message: Message, state: str, now_us: int) -> None:
        """A message of the call, and the state that the call is in after it."""
        picked_up = self.state in UNANSWERED and state not in UNANSWERED
        back = self.state == "on_hold" and state != "on_hold"
        self.state = state
        spoken = picked_up or back
        match message:
            case PlaybackStarted():
                self._agent_speaks = spoken = True
            case Spoken(ends_utterance=ends, cut=cut):
                self._agent_speaks = self._agent_speaks and not (ends or cut)
                spoken = True
            case Voice(probability=probability, before=before):
                likely = max(probability, *(level.probability for level in before), 0.0)
                spoken = spoken or likely >= SPEECH
            case SpeechStarted() | SpeechResumed() | OperatorWords():
                spoken = True
            case Transcript(text=text) if text.strip():
                spoken = True
        if spoken or self._since_us is None:
            self._since_us = now_us

    def lasts_us(self, now_us: int) -> int:
        """Since when nobody has spoken; 0 while somebody does."""
        if self._agent_speaks or self._since_us is None:
            return 0
        return max(0, elapsed_us(self._since_us, now_us))


class Hold:
    """Whether the far end is away: it put us on hold, or said that it would go and look."""

    def __init__(self) -> None:
        self._line = self._went = False
        self._since_us = 0

    def take(self, message: Message, state: str, now_us: int) -> None:
        """A message of the call, and the state that the call is in after it."""
        was = self._line or self._went
        self._line = state == "on_hold"
        match message:
            case ToolCalled(tool="wait_on_hold", refused=False) | DialogueState(pending="return"):
                self._went = True
            case DialogueState():
                self._went = False
            case Transcript(final=True, text=text) if text.strip():  # somebody is back at the phone
                self._went = False
        if (self._line or self._went) and not was:
            self._since_us = now_us

    def lasts_us(self, now_us: int) -> int:
        """For how long; 0 while they are there."""
        return max(1, elapsed_us(self._since_us, now_us)) if self._line or self._went else 0
