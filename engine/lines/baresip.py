"""The SIP line: a real telephone call, in a process of its own with the SIP stack and nothing else.

hears  AgentFrame, FlushVoice                                from playback     (48 kHz mono int16, 20 ms)
       HangUp, HoldLine, SendDigits, TransferLine, AnswerLine, CallClosed   from the supervisor
says   LineFrame, LineState, LineQuality, DigitHeard, LineAction   to capture  (48 kHz mono int16, 20 ms)
       VoicePlayed                                           to playback

A call dials what its plan says; without an address it waits to be called and rings until AnswerLine. The process ends
with its call, or, where calls share it, with its standard input. It is left by os._exit: the stack has defects that
show when it is taken down in order, and a call that has ended has nothing to lose.
"""

from __future__ import annotations

import gc
import logging
import os
import queue
import resource
import sys
import time

import msgspec
from baresip import BaresipError, Call

from engine.bus import TICK, Bus, now_us
from engine.errors import EngineError
from engine.lines.real_time import REAL_TIME_PRIORITY
from engine.lines.sip_line import SipLine
from engine.lines.sip_media import REST_US
from engine.lines.sip_stack import Early, Stack, own_descriptors
from engine.protocol import (
    AgentFrame,
    AnswerLine,
    CallClosed,
    FlushVoice,
    HangUp,
    HoldLine,
    Message,
    SendDigits,
    TransferLine,
)
from engine.wiring import House, LinePlan, SipPlan

log = logging.getLogger(__name__)
REAL_TIME_LIMIT_US = 500_000  # of computing without a pause: a loop gone wild is killed, not the machine
LINGER_US = (
    700_000  # so that the end reaches capture, and a BYE that is lost is sent once more (RFC 3261: 500 ms)
)
LEAKED_DESCRIPTORS = 7  # an INVITE without Contact costs four, and two of them leave no room for any caller
LEAKS_EVERY_US = 200_000
LEAKED_FOR_US = 1_000_000  # a caller who is being refused has some for a moment
FAULT = 70  # the exit code of a fault of our own, after sysexits.h
IDLE_LOOK_US = 20_000
GARBAGE_AFTER = 50_000  # objects: about once a minute


class Lines:
    """All calls of this process; nearly always one."""

    def __init__(self, bus: Bus, first: LinePlan, more: queue.SimpleQueue[LinePlan | None]) -> None:
        assert first.sip is not None
        self._bus, self._more = bus, more
        self._settings = bus.house.settings
        self._alone = self._settings.sip.calls_per_process == 1 or not first.sip.to
        _real_time()
        sip = self._settings.sip
        self._stack = Stack(msgspec.structs.replace(sip, port=first.sip.port or sip.port), first.sip.account)
        self._early = self._stack.run(_early(self._stack)).result()
        self._descriptors = own_descriptors()
        self._leaks_since_us = self._leaks_looked_us = now_us()
        self._calls: dict[int, SipLine] = {}
        self._closing = False
        self._answers(first.sip)
        self._begin(first)

    def _answers(self, plan: SipPlan) -> None:
        """Who is called without a plan for it refuses; the far end never learns more than "busy"."""

        async def listen() -> None:
            agent = await self._stack.agent(plan.account, plan.password)
            agent.on_incoming(self._called)

        self._stack.run(listen()).result()

    def _called(self, call: Call) -> None:
        for line in list(self._calls.values()):  # the other thread may begin or forget one
            if line.waits:
                line.sip.adopt_incoming(call)
                return
        self._early.of(call)
        self._stack.run(_refuse(call))

    def _begin(self, plan: LinePlan) -> None:
        assert plan.sip is not None
        line = self._calls[plan.call] = SipLine(plan.call, plan.sip, self._stack, self._early, self._bus)
        line.begin(self._settings.call.no_answer_s)

    def take(self, call: int, sequence: int, message: Message) -> None:
        """Something from playback or the supervisor."""
        if call in self._calls:
            self._calls[call].take(sequence, message)

    def look(self) -> int | None:
        """Move what has come meanwhile; when to look again, in monotonic µs. None: everything is over."""
        self._take_plans()
        now = now_us()
        again_us = now + IDLE_LOOK_US
        for line in list(self._calls.values()):
            line_again_us = line.look(now)
            if line_again_us is not None:
                again_us = min(again_us, line_again_us)
            if line.ended_us is not None and now - line.ended_us > LINGER_US:
                del self._calls[line.number]
        if self._closing:
            return now + REST_US if self._calls else None
        if not self._calls and self._alone:
            return None
        if self._leaks(now):
            log.warning(
                "descriptors grow: somebody sends SIP that the stack cannot digest; this process is replaced"
            )
            return None
        return again_us

    def hang_up(self) -> None:
        """All calls of this process."""
        for line in self._calls.values():
            line.hang_up()

    def _take_plans(self) -> None:
        while not self._more.empty():
            plan = self._more.get()
            if plan is None:
                self._closing = True
                self.hang_up()
            else:
                self._bus.hear_call(plan.call)
                self._begin(plan)

    def _leaks(self, now: int) -> bool:
        """While nobody talks here. A call that is going on is finished first; the process ends with it anyway."""
        if now < self._leaks_looked_us + LEAKS_EVERY_US:
            return False
        self._leaks_looked_us = now
        idle = all(line.sip.call is None for line in self._calls.values())
        if not (idle and own_descriptors() > self._descriptors + LEAKED_DESCRIPTORS):
            self._leaks_since_us = now
        return now - self._leaks_since_us > LEAKED_FOR_US


async def _early(stack: Stack) -> Early:
    return Early(stack)


async def _refuse(call: Call) -> None:
    try:
        await call.reject()
    except BaresipError as error:
        log.info("refusing a caller: %s", error)


def _real_time() -> None:
    """A busy machine delays audio by seconds otherwise; where the system does not allow it things go on without."""
    try:
        resource.setrlimit(resource.RLIMIT_RTTIME, (REAL_TIME_LIMIT_US, REAL_TIME_LIMIT_US))
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(REAL_TIME_PRIORITY))
    except (OSError, AttributeError, ValueError):
        log.info("no real-time priority for the line; see: call-thing doctor")


def run(bus: Bus, lines: Lines) -> None:
    """Until the last call has ended."""
    gc.freeze()  # what is loaded stays; looking through it again and again would cost a tenth of our time
    gc.set_threshold(GARBAGE_AFTER)
    bus.wake_at_us = now_us()
    try:
        for header, message in bus:
            if message is not TICK.message:
                lines.take(header.call, header.sequence, message)
                continue
            bus.wake_at_us = lines.look()
            if bus.wake_at_us is None:
                return
    except Exception:
        lines.hang_up()  # whoever talks to us must not be left in silence
        time.sleep(LINGER_US / 1e6)
        raise


def start(house: House, more: queue.SimpleQueue[LinePlan | None]) -> None:
    """Open the line in this process. Does not return: see the module's words."""
    assert house.line is not None and house.line.sip is not None
    bus = Bus(
        house, AgentFrame, FlushVoice, HangUp, CallClosed, HoldLine, SendDigits, TransferLine, AnswerLine
    )
    bus.push_to("lines")
    bus.push_to("played")
    code = 0
    try:
        _wait_for_the_house(bus)
        run(bus, Lines(bus, house.line, more))
    except EngineError as error:
        sys.stderr.write(f"{error}\n")
        code = int(error.exit_code)
    except Exception:
        log.exception("the line cannot go on")
        code = FAULT
    bus.close()
    sys.stderr.flush()
    os._exit(code)


def _wait_for_the_house(bus: Bus) -> None:
    """Nothing the agent says may be missed: who is heard must be heard before anybody picks up."""
    bus.wake_at_us = now_us()
    for delivery in bus:
        if bus.hears_all:
            return
        if delivery is TICK:
            bus.wake_at_us = now_us() + REST_US
