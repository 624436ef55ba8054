"""The operator's word on what the agent asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from console.control.asking import ask, named, send
from console.control.desk import Desk
from console.screens.modals.approval import ApprovalModal, Asked, Decision
from console.state.call import Call
from console.state.deadline import seconds_left
from console.state.named import Named
from engine.protocol import DecideTool, ToolPending, elapsed_us


class ApprovalControl:
    """Shows the most urgent request of the selected call."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def handlers(self) -> Mapping[str, Callable[[], None]]:
        """See Control."""
        return {"call.approve": self._open}

    def _open(self) -> None:
        about, now = named(self._desk), self._desk.clock.now_us()
        pending = waiting(about.call, now)
        if not pending:
            self._desk.tell(self._nothing(about, now))
            return
        asked = _as_asked(pending[0])
        box = ApprovalModal(about, asked, self._desk.clock.now_us)
        ask(self._desk, "call.approve", box, lambda decision: self._decided(about, asked, decision))

    def _nothing(self, about: Named, now: int) -> str:
        others = [call.number for call in self._desk.store.ordered() if call.live and waiting(call, now)]
        there = f" Call {others[0]} asks: {others[0]} goes there." if others else ""
        return f"Nothing waits for your word in call {about.number}.{there}"

    def _decided(self, about: Named, asked: Asked, decision: Decision) -> None:
        command = DecideTool(asked.request, decision.approve, decision.arguments, decision.words)
        what = "The answer" if asked.kind == "question" else asked.tool
        if asked.kind == "question":
            done = f"Call {about.number} is told {'yes' if decision.approve else 'no'}."
        elif decision.approve:
            edited = ", as edited" if decision.arguments else ""
            done = f"{what} is approved in call {about.number}{edited}."
        else:
            done = f"{what} is denied in call {about.number}."
        send(self._desk, command, about.number, done)


def waiting(call: Call, now_us: int) -> list[ToolPending]:
    """What a call asks and can still be told, the nearest deadline first."""
    open_ = [pending for pending in call.pending.values() if seconds_left(pending.deadline_us, now_us)]
    return sorted(open_, key=lambda pending: elapsed_us(now_us, pending.deadline_us))


def _as_asked(pending: ToolPending) -> Asked:
    return Asked(
        pending.request,
        pending.kind,
        pending.tool,
        pending.deadline_us,
        pending.otherwise,
        dict(pending.arguments),
        dict(pending.words),
        pending.question,
    )
