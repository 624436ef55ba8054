"""What a transcript is made of: an utterance of either side, or a tool call."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


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
    """A tool call, with its result or the reason why it was refused."""

    tool: str = ""
    arguments: str = ""
    result: str = ""
    refused: bool = False


@dataclass(slots=True)
class NoteEntry(Entry):
    """Something that happened to the line: hold, keys, sound before the answer."""

    text: str = ""
    level: str = "info"
    digits: bool = False  # keys that the far end pressed, one after the other


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
