"""A whole call in virtual time, with its record: the rooms, a line, and what the supervisor does.

Two lines are there: the simulated restaurant's own code, and a recorded far end (far_end.py).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

from engine.lines import simulated
from engine.lines.placing import Placement, line_for
from engine.live_call import LiveCall
from engine.protocol import AgentSilenced, CallOpened, EndCall, HangUp, Header, Message, PlaceCall
from engine.rerun.keeping import Keeper
from engine.rerun.rooms import AS_THEY_ARE, WHOLE, Exchanged, opened
from engine.rerun.virtual_house import HOP_US, VirtualHouse
from engine.settings import Settings
from engine.wiring import LinePlan

CALL = 1
LEAD_MS = 0  # our voice leaves when it is heard: a virtual line has no clock of its own
SETTLE_US = 1_500_000  # after the line has ended, see engine.calls
_numbers = itertools.count(1)


class VirtualCall:
    """One call in a house of its own."""

    def __init__(self, settings: Settings, placed: Placement, line: str, journals: Path) -> None:
        """line: as the record is to name it. Raises StateError when the record cannot be begun."""
        plan = LinePlan(line, CALL, placed.scenario, variables=placed.variables)
        self.house = VirtualHouse(settings, self._heard, plan)
        call_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}-{next(_numbers)}"
        self._asks = placed.asks
        self.live = LiveCall(CALL, call_id, line, placed, journals, self.house.clock.now_us)
        self.keeper = Keeper(self.live, self.house.clock, self._wants_to_end)
        self.witness: Callable[[Header, Message], None] = lambda *_: None

    def open(self) -> None:
        """Tell the rooms of it, and let them get ready for its language."""
        live = self.live
        told = CallOpened(
            live.task, live.call_id, live.line, live.started_us, lead_ms=LEAD_MS, recording=self._asks
        )
        self.house.say("supervisor", CALL, told)
        self.house.say("supervisor", CALL, AgentSilenced(""))
        self.house.at(self.house.clock.now_us + HOP_US + 1, lambda: None)
        self.keeper.begin()
        self.house.run(lambda: self.house.clock.now_us > live.started_us + HOP_US)

    def run(self) -> Path:
        """To its end; the folder of its record."""
        self.house.run(self._line_ended)
        settled_us = self.house.clock.now_us + SETTLE_US
        self.house.at(settled_us, lambda: None)
        self.house.run(lambda: self.house.clock.now_us >= settled_us)
        self.keeper.close()
        return self.live.journal.folder

    def _line_ended(self) -> bool:
        return self.live.line_ended is not None

    def _heard(self, header: Header, message: Message) -> None:
        self.witness(header, message)
        self.keeper.take(header, message)

    def _wants_to_end(self, end: EndCall) -> None:
        self.house.say("supervisor", CALL, HangUp("done"))


def simulated_call(
    scenario: Path, settings: Settings, journals: Path, exchanged: Exchanged = AS_THEY_ARE
) -> Path:
    """A scenario's call with sound, as fast as the machine can; the folder of its record.

    The state directory of the settings is written to: reservations, and replies unless `exchanged` has a store.
    """
    placed = line_for(PlaceCall(scenario=str(scenario)), settings, {})
    call = VirtualCall(settings, placed, "simulated", journals)
    with opened(call.house, ("capture", *WHOLE), exchanged, simulated):
        call.house.open(lambda plan: simulated.start(plan, SimpleQueue()), "line")
        call.open()
        return call.run()
