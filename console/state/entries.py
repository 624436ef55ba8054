"""What a transcript is made of: an utterance of any side, a tool call, a word of the operator to the agent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

ToolState = Literal[
    "ran",
    "refused",  # by what the person allowed, or by its provider
    "pending",  # waits for an operator
    "approved",  # by an operator; it has not run yet
    "denied",  # by an operator, or nobody was there in time
]


@dataclass(slots=True)
class Entry:
    """One block of the transcript. `version` grows with every change: a screen wraps only what changed."""

    id: int
    began_us: int
    version: int = 0

    @property
    def visible(self) -> bool:
        """Whether there is something to draw."""
        return True


@dataclass(slots=True)
class FarEntry(Entry):
    """One utterance of the restaurant."""

    turn: int = 0
    text: str = ""
    final: bool = False
    dropped: str = ""
    language: str = ""
    confidence: float = 0.0
    ended_us: int | None = None
    barged_in: bool = False
    truth: list[str] = field(default_factory=list)

    @property
    def visible(self) -> bool:
        return bool(self.text) or self.ended_us is None

    @property
    def differs(self) -> str:
        """What was truly said, when that is not what was heard; else ""."""
        said = " ".join(self.truth)
        return said if self.final and self.text and _words(said) != _words(self.text) and said else ""


@dataclass(slots=True)
class Said:
    """One sentence of the agent: intended, and how much of it was heard."""

    text: str
    spoken: str = ""
    done: bool = False
    cut: bool = False

    @property
    def rest(self) -> str:
        """What has not been spoken (yet, or never)."""
        return "" if self.done and not self.cut else self.text[len(self.spoken) :].strip()


@dataclass(slots=True)
class AgentEntry(Entry):
    """One utterance of the agent: its sentences in order."""

    utterance: int = 0
    turn: int = 0
    language: str = ""
    from_cache: bool = False
    similarity: float = 0.0
    voice_to_voice_ms: float | None = None
    sentences: dict[int, Said] = field(default_factory=dict)
    abandoned: bool = False  # prepared on suspicion and thrown away before a word of it was spoken
    by: str = ""  # the operator who had it said; "" = the agent of its own

    @property
    def visible(self) -> bool:
        return not self.abandoned

    @property
    def spoken(self) -> str:
        """What the far end has heard so far."""
        return " ".join(said.spoken for _, said in sorted(self.sentences.items()) if said.spoken)

    @property
    def unspoken(self) -> str:
        """What is still to come, or was cut off."""
        return " ".join(said.rest for _, said in sorted(self.sentences.items()) if said.rest)

    @property
    def cut(self) -> bool:
        """Whether the rest will never be spoken."""
        return any(said.cut for said in self.sentences.values())


@dataclass(slots=True)
class ToolEntry(Entry):
    """A tool call, with its result or the reason why it was refused; or one that waits for an operator."""

    tool: str = ""
    arguments: str = ""  # for people, without those that are empty
    result: str = ""
    refused: bool = False
    values: dict[str, Any] = field(default_factory=dict)  # the arguments themselves
    state: ToolState = "ran"
    turn: int = 0
    request: int = 0  # number of the ToolPending; 0 = it was never asked about
    question: str = ""  # what the agent asks, where it is a question
    decided_by: str = ""  # "" = nobody (yet, or in time)
    decided_words: str = ""  # why not, or the answer
    decided_us: int | None = None
    ended_us: int | None = None  # when it ran or was refused

    @property
    def says_why(self) -> bool:
        """Whether the words of the decision say already why it was refused, or that it was."""
        if self.decided_us is None or not self.refused:
            return False
        return not self.result or bool(self.decided_words and self.decided_words in self.result)


@dataclass(slots=True)
class OperatorEntry(Entry):
    """What an operator said with their own voice."""

    by: str = ""
    text: str = ""
    confidence: float = 0.0
    language: str = ""


@dataclass(slots=True)
class WhisperEntry(Entry):
    """What an operator told the agent; the restaurant did not hear it."""

    by: str = ""
    text: str = ""


@dataclass(slots=True)
class MarkEntry(Entry):
    """A moment an operator wanted to be remembered."""

    by: str = ""
    note: str = ""
    about_us: int = 0  # header clock of the key press


@dataclass(slots=True)
class NoteEntry(Entry):
    """Something that happened to the line: hold, keys, sound before the answer; to the brain; to the language."""

    text: str = ""
    level: str = "info"
    digits: bool = False  # keys that the far end pressed, one after the other
    of: Literal["line", "brain", "language"] = "line"


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
