"""The tool calls of one call: those that ran, those that were refused, and those that wait for an operator."""

from __future__ import annotations

from typing import Any

from console.state.entries import ToolEntry
from console.state.transcript import Conversation
from engine.protocol import ToolCalled, ToolDecided, ToolPending

MAX_TOOLS = 200


class Tools:
    """Tells the conversation of each, since they are drawn in their place there as well."""

    def __init__(self, conversation: Conversation) -> None:
        self.entries: list[ToolEntry] = []  # oldest first
        self.pending: dict[int, ToolPending] = {}
        self._conversation = conversation

    def take(self, message: ToolCalled | ToolPending | ToolDecided, at_us: int) -> None:
        """A tool ran, waits, or was decided on."""
        match message:
            case ToolCalled():
                self._called(message, at_us)
            case ToolPending():
                if self._of_request(message.request) is None:  # told again after a restart of the agent
                    self._waits(message, at_us)
                self.pending[message.request] = message
            case ToolDecided():
                self._decided(message, at_us)

    def end(self, at_us: int) -> None:
        """The call is over: nobody decides any more."""
        for request in list(self.pending):
            self._decided(ToolDecided(request, False, words="the call ended"), at_us)

    def _called(self, message: ToolCalled, at_us: int) -> None:
        """It ran, or was refused: the one that was decided on, or one that was never asked about."""
        entry = next(
            (e for e in self.entries if e.request and e.tool == message.tool and e.ended_us is None), None
        )
        if entry is None:
            entry = self._new(message.tool, at_us)
        entry.values, entry.arguments = message.arguments, _plain(message.arguments)
        entry.result, entry.refused, entry.turn = message.result, message.refused, message.turn
        if entry.state != "denied":
            entry.state = "refused" if message.refused else "ran"
        entry.ended_us = at_us
        self._conversation.tool(entry)

    def _waits(self, message: ToolPending, at_us: int) -> None:
        entry = self._new(message.tool, at_us)
        entry.values, entry.arguments = message.arguments, _plain(message.arguments)
        entry.request, entry.question, entry.state = message.request, message.question, "pending"
        self._conversation.tool(entry)

    def _decided(self, message: ToolDecided, at_us: int) -> None:
        self.pending.pop(message.request, None)
        entry = self._of_request(message.request)
        if entry is None:
            return
        if entry.ended_us is None:
            entry.state = "approved" if message.approved else "denied"
            entry.refused = not message.approved
            if message.arguments:
                entry.values, entry.arguments = message.arguments, _plain(message.arguments)
        entry.decided_by, entry.decided_words, entry.decided_us = message.by, message.words, at_us
        self._conversation.tool(entry)

    def _of_request(self, request: int) -> ToolEntry | None:
        return next((entry for entry in self.entries if entry.request == request), None)

    def _new(self, tool: str, at_us: int) -> ToolEntry:
        entry = ToolEntry(self._conversation.next_id, at_us, tool=tool)
        self.entries.append(entry)
        del self.entries[:-MAX_TOOLS]
        return entry


def _plain(arguments: dict[str, Any]) -> str:
    """Arguments for people: those that are empty, and those that are no single value, are left out."""
    shown = {name: value for name, value in arguments.items() if value and not isinstance(value, dict)}
    return ", ".join(f"{name} {value}" for name, value in shown.items())
