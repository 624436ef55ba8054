"""The calls of an engine and its operators' desk; sockets only note what is said, lines are no processes."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from engine.bus import now_us
from engine.calls import SETTLE_US, Calls
from engine.operating.desk import OperatorDesk
from engine.operating.record import ActsFile
from engine.protocol import ROOMS, CallClosed, Flag, Header, LineState, Message, PlaceCall
from engine.rooms import interpreter
from engine.scenario import find
from engine.settings import Settings
from engine.wiring import House, Keys


class FakeSockets:
    """Notes what rooms, lines and consoles are told."""

    def __init__(self) -> None:
        self.said: list[Message] = []
        self.shown: list[Message] = []
        self.shown_in: list[tuple[int, Message]] = []
        self.passed_on: list[Message] = []
        self.order: list[str] = []  # "say" and "show", as they came
        self.hears_frames = False

    def say(self, call: int, message: Message, flags: Flag = Flag.NONE) -> None:
        self.said.append(message)
        self.order.append("say")

    def packed(self, call: int, message: Message, time_us: int, flags: Flag) -> tuple[bytes, bytes]:
        self.shown.append(message)
        self.shown_in.append((call, message))
        self.order.append("show")
        return b"", b""

    def publish(self, event: tuple[bytes, bytes]) -> None: ...

    def pass_on(self, header: Header, frame: Message) -> None:
        self.passed_on.append(frame)

    def hear_frames(self, on: bool) -> None:
        self.hears_frames = on

    def forget(self, call: int) -> None: ...


class FakeRoom:
    """A room of the house, ready unless it is said not to be."""

    def __init__(self) -> None:
        self.ready, self.opened, self.started_at, self.kills = True, True, [time.monotonic()], 0
        self.child = self

    def kill(self) -> None:
        self.kills += 1


class CallsEngine:
    """One call that is going on, and everything around it."""

    def __init__(self, folder: Path) -> None:
        settings, self.sockets = Settings(), FakeSockets()
        self.rooms = {name: FakeRoom() for name in ROOMS}
        rooms: Any = SimpleNamespace(
            rooms=self.rooms,
            command=interpreter,
            connected=lambda name: self.rooms[name].ready,
            line_house=lambda plan: House(
                "line", plan.call, {}, {}, Keys(b"", b"", b"", b""), settings, plan
            ),
        )
        (folder / "journals").mkdir()
        state: Any = SimpleNamespace(
            path=folder, journals=folder / "journals", reservations_db=folder / "reservations.db", number="1"
        )
        sockets: Any = self.sockets
        self.calls = Calls(settings, sockets, rooms, state)
        self.acts = ActsFile(folder)
        self.desk = OperatorDesk(sockets, rooms, self.calls, self.acts)

    async def begin(self) -> int:
        number = await self.calls.place(PlaceCall(scenario=str(find("en/accepts"))))
        await asyncio.sleep(0)
        self.calls.take(Header(0, number, Flag.NONE, 0, now_us() % (1 << 32)), LineState("answered"))
        return number

    def closing(self) -> CallClosed | None:
        """How the call ended, once it has settled."""
        self.calls.look_after(now_us() + SETTLE_US + 1)
        return next((each for each in self.sockets.shown if isinstance(each, CallClosed)), None)
