"""The lines of an engine's calls: let out by the one door, opened, asked things by the operator, closed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from engine.acting.asking import key_for
from engine.dialling import let_out
from engine.line_orders import Order, may_order
from engine.line_processes import LineProcesses
from engine.lines.accounts import transfer_address
from engine.lines.placing import Placement
from engine.lines.sip_address import SipAddress
from engine.live_call import LiveCall
from engine.protocol import LineState, TransferLine
from engine.rooms import Command, interpreter
from engine.settings import Settings, SipAccount
from engine.wiring import House, LinePlan


class CallLines:
    """One line for each call. Raises CallThingError wherever something is refused."""

    def __init__(
        self,
        settings: Settings,
        database: Path,
        house: Callable[[LinePlan], House],
        lost: Callable[[int, LineState], None],
        command: Command = interpreter,
    ) -> None:
        """database: where what is dialled is written down. house, lost, command: see LineProcesses."""
        self._settings = settings
        self._database = database
        self._processes = LineProcesses(settings.sip, house, lost, command)
        self._accounts: dict[int, SipAccount] = {}  # of live calls on a real line

    async def may_open(self, placed: Placement) -> None:
        """Through the dial guard, or not. Who waits to be called dials nobody; a model that plays must have a key."""
        if placed.acted:
            key_for(self._settings.brain, os.environ)
        if placed.address is not None:
            await self._let_out(placed.address)

    async def _let_out(self, address: SipAddress) -> None:
        """What the guard lets through is written down before anything is sent."""
        now = datetime.now(UTC)
        await asyncio.to_thread(let_out, address, now, self._settings.dial, self._database)

    def open(self, call: int, line: str, placed: Placement) -> None:
        """The line of a call that may be opened."""
        if placed.sip is not None:
            self._accounts[call] = placed.sip.account
        self._processes.open(
            LinePlan(
                line,
                call,
                placed.scenario,
                placed.sip,
                placed.variables,
                placed.recording,
                placed.channel,
                placed.acted,
            )
        )

    async def order(self, live: LiveCall, order: Order) -> Order:
        """What the operator asks of a call's line, as the line is to be told it."""
        _check(live, order)
        if isinstance(order, TransferLine):
            address = transfer_address(order.to, self._accounts[live.number], self._settings)
            await self._let_out(address)
            _check(live, order)  # it may have ended meanwhile
            return TransferLine(address.uri, order.attended)
        return order

    def gone(self, call: int) -> bool:
        """Whether the process of a line has ended; when it said nothing of its call, that is soon told as lost."""
        return self._processes.gone(call)

    def kill(self, call: int) -> None:
        """End a line that does not hang up."""
        self._processes.kill(call)

    def closed(self, call: int) -> None:
        """A call is over."""
        self._accounts.pop(call, None)
        self._processes.closed(call)

    async def stop(self, grace_s: float) -> None:
        """End all lines."""
        await self._processes.stop(grace_s)


def _check(live: LiveCall, order: Order) -> None:
    hanging_up = live.hanging_up_since_us is not None or live.line_ended is not None
    refused = may_order(order, live.line, live.state, hanging_up)
    if refused is not None:
        raise refused
