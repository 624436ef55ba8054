"""What a call with a model keeps from turn to turn, and what one turn counts. Values, and no decisions."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.brains.history import Line
from engine.brains.stream import Call, Ended
from engine.dialogue.constraints import NOTHING, Granted
from engine.dialogue.moves import Event, Spent, ToolResult
from engine.protocol import LanguageCode
from engine.settings import BrainSettings


class State(msgspec.Struct, omit_defaults=True):
    """What a successor needs."""

    shadow: bytes = b""
    lines: list[Line] = []
    disclosed: Literal["", "open", "said"] = ""
    language: LanguageCode | None = None  # that was forced
    may_ask: bool = False
    granted: Granted = NOTHING
    status: str = "open"  # of the reservation, as the last tool left it
    settled: ToolResult | None = None  # the tool that recorded it
    refused: bool = False  # the last tool that records was refused
    voicemail: bool = False
    on_hold: bool = False
    machine: bool = False  # an answering machine has greeted us: its tone is waited for
    beeped: bool = False  # there was a tone already
    silences: int = 0
    ends: bool = False  # the end is decided
    asked_for: list[tuple[str, str]] = []  # tools whose results are awaited: number, tool
    hangs_up: tuple[str, dict[str, Any]] | None = None  # an end_call that waits for these: number, arguments
    thinking: bool = False
    last_turn: int = 0


class Turn:
    """One answer being thought of."""

    def __init__(self, upon: Event | None, until_s: float) -> None:
        self.upon, self.until_s = upon, until_s
        self.sentences = 0
        self.before = 0  # of them before the model was asked last
        self.rounds = 0
        self.bad_arguments = 0
        self.calls: list[Call] = []
        self.silent_tool = False
        self.used_s = 0.0  # when tools were used last: waiting for an operator is not the model's time
        self.requests = 0
        self.tokens_in: int | None = 0
        self.tokens_out: int | None = 0
        self.first_token_us: int | None = None

    def count(self, ended: Ended) -> None:
        """One answer of the server is complete."""
        self.tokens_in = _sum(self.tokens_in, ended.tokens_in)
        self.tokens_out = _sum(self.tokens_out, ended.tokens_out)

    def spent(self, settings: BrainSettings, fallback: str) -> Spent:
        """What it took, at the prices of the settings. fallback: why the scripted brain answered, "" = it did not."""
        prices = (settings.usd_per_million_in, settings.usd_per_million_out)
        usd = None
        if self.tokens_in is not None and self.tokens_out is not None and any(prices):
            usd = (self.tokens_in * prices[0] + self.tokens_out * prices[1]) / 1e6
        return Spent(
            model=settings.model,
            tokens_in=self.tokens_in,
            tokens_out=self.tokens_out,
            usd=usd,
            requests=self.requests,
            first_token_us=self.first_token_us,
            fallback=fallback,
        )


def _sum(sofar: int | None, more: int | None) -> int | None:
    return None if sofar is None or more is None else sofar + more


def object_of(arguments: str) -> dict[str, Any] | None:
    """The arguments that a model wrote; None where they are no JSON object, or hold what no message can carry."""
    try:
        found = msgspec.json.decode(arguments)
        msgspec.msgpack.encode(found)
    except (msgspec.MsgspecError, RecursionError, OverflowError, UnicodeError):
        return None
    return found if isinstance(found, dict) else None


def words_of(result: ToolResult) -> str:
    """A result as the model is told it."""
    if result.refused:
        return f"Refused: {result.reason}"
    if result.tool == "leave_message":
        return "Done. Your message is being spoken to them; do not say it again."
    status = result.reservation.status if result.reservation is not None else ""
    return " ".join(
        part for part in ("Done.", f"The reservation is {status}." if status else "", result.reason) if part
    )
