"""The seam between a restaurant's part in a call and the line it is played on. `persona.Persona` plays scenarios."""

from __future__ import annotations

from typing import Protocol

from engine.lines.steps import Act, Known


class Part(Protocol):
    """Whoever plays the restaurant: hears words and the time, and gives acts, one sounding act at a time."""

    known: Known  # of the booking, as far as it was understood

    @property
    def thinks(self) -> bool:
        """Is an answer on its way, which `tick` will give?"""
        ...

    def answered(self, now_ms: int) -> list[Act]:
        """The phone was picked up."""
        ...

    def hears(self, text_so_far: str, now_ms: int) -> list[Act]:
        """The agent is speaking; its current utterance, to the word."""
        ...

    def agent_finished(self, text: str, now_ms: int) -> list[Act]:
        """The agent stopped talking. text: all it said since the restaurant last took its turn."""
        ...

    def key(self, digit: str, now_ms: int) -> list[Act]:
        """The agent has pressed a key."""
        ...

    def finished(self, now_ms: int) -> list[Act]:
        """An act has been played to its end."""
        ...

    def tick(self, now_ms: int) -> list[Act]:
        """Time passes; called a few times a second."""
        ...
