"""The microphone of one call: who holds it, how, and whether its frames pass. Pure.

    off ──grant──► armed(operator) ──go_live──► live(ptt | full, talking or not) ──hand_back──► off
                        └── release, 30 s, lost ──► off          └── release, lost ──► off, the agent is told so

What a step returns is to be told in this order: AgentSilenced and OperatorLeft to agent, playback and consoles, Talk to
playback, MicState to consoles.
"""

from __future__ import annotations

from typing import Literal

from engine.errors import CallRefused
from engine.protocol import AgentSilenced, Message, MicMode, MicState, OperatorLeft, Talk

ARMED_FOR_US = 30_000_000  # an armed microphone that nobody uses is put down
TALK_FOR_US = 30_000_000  # push to talk: a key that is never let go was lost on its way


class MicLease:
    """One call's. Every command raises CallRefused, with the reason for a person, and then changes nothing."""

    def __init__(self, ttl_ms: int) -> None:
        self.ttl_ms = ttl_ms
        self.mode: Literal["off", "armed", "ptt", "full"] = "off"
        self.operator = ""
        self.number = 0  # of the lease; whoever knows it is its holder
        self.talking = False
        self._ended = ""  # why the last one was over
        self._armed_us = self._renewed_us = self._talks_since_us = 0

    @property
    def live(self) -> bool:
        """Whether the operator has the line, and the agent is silent for it."""
        return self.mode in ("ptt", "full")

    def passes(self, lease: int) -> bool:
        """Whether a frame that names this lease goes to the line."""
        return self.talking and lease == self.number

    def grant(self, operator: str, number: int, now_us: int) -> list[Message]:
        """Arm it for an operator, under a number that nobody can guess."""
        if self.mode != "off":
            raise CallRefused(f"taken by {self.operator}")
        self.mode, self.operator, self.number, self.talking = "armed", operator, number, False
        self._armed_us = self._renewed_us = now_us
        return [self.state()]

    def renew(self, lease: int, now_us: int) -> None:
        """Its holder is still there."""
        self._check(lease)
        self._renewed_us = now_us

    def go_live(self, lease: int, mode: MicMode, now_us: int) -> list[Message]:
        """The agent is silent from here on. Also changes between push to talk and open microphone."""
        self._check(lease)
        first = not self.live
        self.mode = mode
        told: list[Message] = [AgentSilenced("operator", self.operator)] if first else []
        return told + (self._talks(mode == "full", now_us) or [self.state()])

    def talk(self, lease: int, on: bool, why: str, now_us: int) -> list[Message]:
        """The microphone goes on or off; nothing follows where it is so already."""
        self._check(lease)
        if not self.live:
            raise CallRefused("The microphone is armed, not live: go live before you talk.")
        return self._talks(on, now_us, why)

    def hand_back(self, lease: int, agreed: str) -> list[Message]:
        """The agent goes on, and knows what was agreed."""
        self._check(lease)
        return self._off("handed back", OperatorLeft(agreed, by=self.operator))

    def release(self, lease: int, why: str) -> list[Message]:
        """Given up. In a live take-over that leaves the far end alone, so the agent is told."""
        self._check(lease)
        return self._off(why or "released", OperatorLeft(lost=True, by=self.operator))

    def call_over(self) -> list[Message]:
        """The call has ended, and the take-over with it."""
        return [] if self.mode == "off" else self._off("the call has ended", None)

    def tick(self, now_us: int) -> list[Message]:
        """What time alone brings about."""
        if self.mode == "off":
            return []
        if now_us - self._renewed_us > self.ttl_ms * 1000:
            why = f"no sign of {self.operator}'s console for {self.ttl_ms / 1000:g} s"
            return self._off(why, OperatorLeft(lost=True, by=self.operator))
        if self.mode == "armed" and now_us - self._armed_us > ARMED_FOR_US:
            return self._off(f"armed for {ARMED_FOR_US // 1_000_000} s and not used", None)
        if self.mode == "ptt" and self.talking and now_us - self._talks_since_us > TALK_FOR_US:
            return self._talks(False, now_us, f"push to talk ends after {TALK_FOR_US // 1_000_000} s")
        return []

    def state(self, why: str = "") -> MicState:
        """As consoles are shown it."""
        return MicState(self.mode, self.operator, self.talking, why)

    def _check(self, lease: int) -> None:
        if self.mode == "off" or lease != self.number:
            why = f" ({self._ended})" if self._ended else ""
            raise CallRefused(f"This take-over is over{why}. Arm the microphone again.")

    def _talks(self, on: bool, now_us: int, why: str = "") -> list[Message]:
        if on == self.talking:
            return []
        self.talking = on
        self._talks_since_us = now_us
        return [Talk(self.number, on, why), self.state(why)]

    def _off(self, why: str, left: OperatorLeft | None) -> list[Message]:
        told: list[Message] = []
        if self.talking:
            told.append(Talk(self.number, False, why))
        if self.live:
            told += [left, AgentSilenced("")] if left is not None else [AgentSilenced("")]
        told.append(MicState("off", self.operator, why=why))
        self.mode, self.operator, self.number, self.talking, self._ended = "off", "", 0, False, why
        return told
