"""Ending a call politely: the agent is muted, says goodbye, and the line is hung up. Pure; the time is passed in.

The words are said as a line that an operator types, so that no brain has to agree. Who waits for the end of a call has
three seconds: whatever has not been said by then is cut.
"""

from __future__ import annotations

from engine.call import UNANSWERED, State
from engine.languages import load
from engine.protocol import AgentSilenced, LanguageCode, Message, SayLine, Sentence, Spoken

LONGEST_US = 2_600_000  # of the goodbye: the line then has 0.4 s to be hung up, within three seconds


class Goodbye:
    """One call's, from the moment at which it was asked for."""

    def __init__(self, now_us: int, language: LanguageCode) -> None:
        self._since_us, self._words = now_us, words(language)
        self._utterance: int | None = None
        self._said = False

    def take(self, message: Message) -> None:
        """An event of the call."""
        match message:
            case Sentence(utterance=utterance, text=text) if text == self._words:
                self._utterance = utterance
            case Spoken(utterance=utterance, done=True, text=text) if utterance == self._utterance and text:
                self._said = True

    def over(self, now_us: int) -> bool:
        """Whether the line is to be hung up now."""
        return self._said or now_us - self._since_us >= LONGEST_US


def words(language: LanguageCode) -> str:
    """What is said."""
    return load(language).say.goodbye


def steps(state: State, silenced: AgentSilenced, language: LanguageCode, by: str) -> list[Message] | str:
    """What the rooms are told so that goodbye is said; [] where nobody would hear it. A reason where it cannot be."""
    if state in UNANSWERED or state in ("ending", "ended"):
        return []
    if silenced.reason == "operator":
        return f"{silenced.by or 'An operator'} speaks with them now, and ends the call or hands it back."
    mute: list[Message] = [] if silenced.reason else [AgentSilenced("muted", by)]
    return [*mute, SayLine(text=words(language), by=by)]
