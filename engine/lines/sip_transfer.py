"""Handing the far end of a call over: at once, or after a third party was asked. The call's own life: sip_call.py."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Protocol

from baresip import BaresipError, Call

from engine.lines.sip_stack import Early, Stack
from engine.protocol import LineAction, Message
from engine.wiring import SipPlan

CONSULT_TIMEOUT_S = 30.0


class FarEnd(Protocol):
    """Whom a call has to hand over."""

    @property
    def ended(self) -> bool: ...  # they have hung up, or we have

    def connected(self) -> Call: ...  # raises ValueError when nobody has picked up

    async def park(self) -> None: ...  # on hold, while a third party is asked

    async def take_back(self) -> None: ...  # whatever hold a transfer that failed has left them in

    def handed_over(self) -> None: ...  # the call has ended for us


class SipTransfer:
    """The transfers of one call, one after the other. Belongs to the stack's thread."""

    def __init__(
        self, stack: Stack, early: Early, plan: SipPlan, far_end: FarEnd, say: Callable[[Message], None]
    ) -> None:
        """say: told what becomes of each, as LineAction."""
        self._stack, self._early, self._plan, self._far_end, self._say = stack, early, plan, far_end, say
        self.under_way = False
        self.consulted: Call | None = None  # a third party who is being asked

    async def begin(self, to: str, attended: bool) -> None:
        """Hand the far end over. to: an address that was checked like every other."""
        if self.under_way:
            self._say(LineAction("transfer", False, "another transfer is under way"))
            return
        self.under_way = True
        try:
            call = self._far_end.connected()
            if attended:
                await self._consult(call, to)
            else:
                await call.transfer(to)
        except (BaresipError, ValueError) as error:
            self._say(LineAction("transfer", False, str(error)))
            await self._far_end.take_back()
        else:
            self._say(LineAction("transfer", True, "handed over"))
            self._far_end.handed_over()
        finally:
            self.under_way = False

    async def _consult(self, call: Call, to: str) -> None:
        """Call the third party first; the far end waits on hold meanwhile."""
        await self._far_end.park()
        agent = await self._stack.agent(self._plan.account, self._plan.password)
        async with self._stack.dialling:
            other = self.consulted = await agent.dial(to)
        closed = [e for e in self._early.of(other) if e.event.name == "CALL_CLOSED"]
        try:
            if closed:
                raise ValueError(closed[0].text or "refused")
            if self._far_end.ended:
                raise ValueError("the call has ended meanwhile")
            self._stack.guard()
            await other.wait_established(timeout=CONSULT_TIMEOUT_S)
            await call.attended_transfer(other)
        except (BaresipError, ValueError):
            with contextlib.suppress(BaresipError):
                await other.hangup()
            raise
        finally:
            self.consulted = None
