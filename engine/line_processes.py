"""The processes that lines run in: started for a call, shared where the settings say so, watched, cleaned up.

A line process carries one call, or as many SIP calls as `sip.calls_per_process` says; further calls are written to its
standard input. When it ends before its calls have, each of them is told so; nobody else notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from engine.errors import ExitCode, SettingsError
from engine.lines.accounts import at_home, ca_bundle
from engine.lines.placing import RECORDED, SIP
from engine.protocol import LineState
from engine.rooms import Child, Command, interpreter
from engine.settings import SipSettings
from engine.wiring import House, LinePlan

log = logging.getLogger(__name__)
RECORDINGS_PER_PROCESS = 64  # playing one takes a hundredth of a core, and has no stack that could crash
LAST_WORDS_S = 0.5  # between the end of a line process and the verdict that it said nothing of its calls' end
SPEAKS_FOR_ITSELF = (ExitCode.BAD_INPUT, ExitCode.ENGINE, ExitCode.STATE, ExitCode.MODEL)


def waits(plan: LinePlan) -> bool:
    """Whether this line waits to be called."""
    return plan.sip is not None and not plan.sip.to


def stack_of(plan: LinePlan, sip: SipSettings) -> tuple[str, str, str]:
    """What a whole process has but one of: the kind of its line, its transport, its address of this machine."""
    if plan.sip is None:
        return plan.kind, "", ""
    return plan.kind, plan.sip.account.transport, at_home(plan.sip.to, sip).listen


class LineProcess:
    """One process and the calls in it."""

    def __init__(
        self, plan: LinePlan, sip: SipSettings, room_for: int, command: Command = interpreter
    ) -> None:
        self.child = Child("line", command)
        self._sip = sip
        self._stack = stack_of(plan, sip)
        self.calls = {plan.call}
        self.room_for = room_for
        self.waiting: list[LinePlan] = []  # for the process to be started
        self.retired = False  # it is given no further call
        self.gone = False

    def takes(self, plan: LinePlan) -> bool:
        """Whether this call may go into this process. One that waits to be called has port and process to itself."""
        fits = stack_of(plan, self._sip) == self._stack
        return fits and not self.retired and not waits(plan) and len(self.calls) < self.room_for

    def drop(self, call: int) -> None:
        """A call is over; one that the process has not been told of yet is not begun after its end."""
        self.calls.discard(call)
        self.waiting = [plan for plan in self.waiting if plan.call != call]


class LineProcesses:
    """All line processes of an engine."""

    def __init__(
        self,
        sip: SipSettings,
        house: Callable[[LinePlan], House],
        lost: Callable[[int, LineState], None],
        command: Command = interpreter,
    ) -> None:
        """house: the plan for a new process. lost: is told of each call whose process ended without a word of it.

        command: starts a process.
        """
        self._sip = sip
        self._command = command
        self._house = house
        self._lost = lost
        self._processes: list[LineProcess] = []
        self._work: set[asyncio.Task[None]] = set()
        self._ending = False

    def open(self, plan: LinePlan) -> None:
        """A line for a call: in a process that has room for it, or in a new one."""
        process = next((process for process in self._processes if process.takes(plan)), None)
        if process is not None:
            process.calls.add(plan.call)
            process.waiting.append(plan)
            self._do(self._hand_over(process))
            return
        process = LineProcess(plan, self._sip, self._room_for(plan), self._command)
        self._processes.append(process)
        self._do(self._run(process, plan))

    def _room_for(self, plan: LinePlan) -> int:
        if plan.kind == RECORDED:
            return RECORDINGS_PER_PROCESS
        return self._sip.calls_per_process if plan.kind == SIP and not waits(plan) else 1

    def closed(self, call: int) -> None:
        """A call is over; its process ends with the last of its calls."""
        process = self._of(call)
        if process is not None:
            process.drop(call)
            if not process.calls:
                process.retired = True
                self._do(self._wind_up(process))

    def gone(self, call: int) -> bool:
        """Whether the process of this call has ended, or could not be started."""
        process = self._of(call)
        return process is not None and process.gone

    def kill(self, call: int) -> None:
        """End a call whose line does not answer. Calls that share its process go on; it is given no further ones."""
        process = self._of(call)
        if process is None:
            return
        process.retired = True
        if process.calls == {call}:
            process.child.kill()
        else:
            process.drop(call)
            self._lost(call, LineState("ended", "line_lost", "the line did not hang up when it was told to"))

    async def stop(self, grace_s: float) -> None:
        """End all of them; none is left when this returns, but one whose start takes longer than the grace."""
        self._ending = True
        for process in self._processes:
            process.child.close_input()
        await asyncio.gather(*(process.child.stop() for process in self._processes))
        if self._work:
            await asyncio.wait(self._work, timeout=grace_s)

    def _of(self, call: int) -> LineProcess | None:
        return next((process for process in self._processes if call in process.calls), None)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _run(self, process: LineProcess, plan: LinePlan) -> None:
        """A process, from its start to its end."""
        try:
            await process.child.start(_for_a_line(self._house(plan), plan))
            await self._hand_over(process)
            if self._ending:
                process.child.close_input()
            elif not process.calls:  # its call has ended before it began: it must not go on to dial
                process.child.close_input()
                await process.child.stop()
            words = _words_of(await process.child.wait(), process.child.last_line)
        except OSError as error:
            words = f"the line's process could not be started ({error.strerror})"
        process.retired = process.gone = True
        if process.calls:
            await asyncio.sleep(LAST_WORDS_S)
        for call in sorted(process.calls):
            self._lost(call, LineState("ended", "line_lost", words))
        self._processes.remove(process)

    async def _hand_over(self, process: LineProcess) -> None:
        """Give a running process the calls that wait for it. One that has just died is mourned by its watcher."""
        while process.child.process is not None and process.waiting:
            with contextlib.suppress(OSError):
                await process.child.tell(process.waiting.pop(0))

    async def _wind_up(self, process: LineProcess) -> None:
        if process.room_for > 1:
            process.child.close_input()  # which is how it learns that no further call will come
        await process.child.stop()


def _for_a_line(house: House, plan: LinePlan) -> House:
    """The same house, with the address of this machine that the call is made from, and the certificates."""
    sip = _with_certificates(at_home(plan.sip.to, house.settings.sip) if plan.sip else house.settings.sip)
    return msgspec.structs.replace(house, settings=msgspec.structs.replace(house.settings, sip=sip))


def _with_certificates(sip: SipSettings) -> SipSettings:
    """With the file that TLS servers are verified with; without it the stack verifies nothing."""
    try:
        return msgspec.structs.replace(sip, ca_file=str(ca_bundle(sip)))
    except SettingsError:  # then no call on TLS has come so far
        return sip


def _words_of(code: int, last_line: str) -> str:
    """Why a process ended, for people."""
    if code in SPEAKS_FOR_ITSELF and last_line:
        return last_line
    if code >= 0:
        return f"the line's process ended (exit code {code})"
    try:
        name = f" ({signal.Signals(-code).name})"
    except ValueError:
        name = ""
    return f"the line's process ended by signal {-code}{name}"
