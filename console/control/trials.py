"""Things that go wrong on purpose, and what is mended by hand: injected events, stored replies, rooms, alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.asking import ask, named, send
from console.control.desk import Desk
from console.screens.modals.confirm import ForgetModal
from console.screens.modals.inject import Injected, InjectModal
from console.screens.modals.restart import RestartModal
from engine.errors import CallThingError
from engine.protocol import AcknowledgeAlert, CacheVerdict, ForgetReply, InjectEvent, RestartRoom

_DONE = {
    "noise": "Noise is made in call {call}.",
    "silence": "The restaurant of call {call} falls silent.",
    "say": "The restaurant of call {call} says it.",
    "hang_up": "The restaurant of call {call} hangs up.",
    "fail": "The provider of {room} fails for call {call}.",
}


class TrialControl:
    """Injects, forgets, restarts, acknowledges."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {
            "call.inject": self._inject,
            "cache.forget": self._forget,
            "room.restart": self._restart,
            "alert.acknowledge": self._acknowledge,
        }

    def _inject(self) -> None:
        about = named(self._desk)

        def chosen(event: Injected) -> None:
            command = InjectEvent(event.what, event.text, event.seconds, event.level_dbfs, event.room)  # type: ignore[arg-type]
            send(
                self._desk,
                command,
                about.number,
                _DONE[event.what].format(call=about.number, room=event.room),
            )

        ask(self._desk, "call.inject", InjectModal(about, self._desk.glyphs), chosen)

    def _forget(self) -> None:
        call = self._desk.store.call
        verdict = to_forget(list(call.cache.verdicts)) if call else None
        if call is None or verdict is None:
            where = f"Call {call.number} has not met" if call else "No call is selected: there is not"
            self._desk.tell(f"{where} a stored reply that could be forgotten.")
            return
        number, source = call.number, verdict.source
        box = ForgetModal(number, verdict.nearest, verdict.template, verdict.hit, self._desk.clock.now_us)

        def answered(_yes: bool) -> None:
            send(self._desk, ForgetReply(source), number, "The stored reply is being forgotten.")

        ask(self._desk, "cache.forget", box, answered)

    def _restart(self) -> None:
        rooms = list(self._desk.store.rooms.rooms.values())

        def chosen(room: str) -> None:
            send(self._desk, RestartRoom(room), 0, f"Room {room} is being restarted.")  # type: ignore[arg-type]

        ask(self._desk, "room.restart", RestartModal(rooms, self._desk.glyphs), chosen)

    def _acknowledge(self) -> None:
        store = self._desk.store
        raised = [alert for alert in store.open_alerts() if alert.state == "raised"]
        call = store.selected or 0
        own = [alert.alert for alert in raised if alert.call == call]
        of_house = [alert.alert for alert in raised if not alert.call]
        if not own and not of_house:
            there = f" in call {call}" if call else ""
            self._desk.tell(f"No alert waits to be acknowledged{there}.")
            return
        self._desk.background(self._tell_seen(own or of_house, call if own else 0))

    async def _tell_seen(self, alerts: list[int], call: int) -> None:
        refused: CallThingError | None = None
        seen = 0
        for alert in alerts:
            try:
                await self._desk.link.request(AcknowledgeAlert(alert), call)
                seen += 1
            except CallThingError as error:
                refused = error  # the others are to be acknowledged all the same
        if seen:
            where = f" of call {call}" if call else " of the engine"
            self._desk.tell(f"{seen} {'alert' if seen == 1 else 'alerts'}{where} acknowledged.")
        if refused is not None:
            raise refused


def to_forget(verdicts: list[CacheVerdict]) -> CacheVerdict | None:
    """Of the verdicts (oldest first) the last one that was served, else the last that was near something stored."""
    stored = [verdict for verdict in verdicts if verdict.source]
    served = [verdict for verdict in stored if verdict.hit]
    return next(reversed(served or stored), None)
