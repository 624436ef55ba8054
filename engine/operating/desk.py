"""The operators' desk: takes their commands, asks the pure parts whether and how, tells rooms, lines and consoles.

Everything here happens within one turn of the loop, and the rooms are told before anything is written down: a
microphone that goes off must not wait.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Sequence

import msgspec

from engine.bus import now_us
from engine.calls import Calls
from engine.errors import CallRefused, StateError
from engine.house_sockets import HouseSockets
from engine.live_call import LiveCall
from engine.operating import goodbye
from engine.operating.acts import OF_EVERY_CALL, OF_THE_ENGINE, act_of, without_talk
from engine.operating.orders import may_ask, may_forget, may_mark
from engine.operating.presence import Attendance, Listening
from engine.operating.record import ActsFile
from engine.protocol import (
    CLOCK_MODULUS_US,
    HEARING_FRAME_BYTES,
    Accepted,
    AcknowledgeAlert,
    AgentSilenced,
    Alert,
    ArmMic,
    DecideTool,
    EngineEvent,
    ForceLanguage,
    ForgetReply,
    GoLive,
    HandBack,
    Header,
    InjectEvent,
    LeaseGranted,
    MarkMoment,
    Message,
    MicFrame,
    MicState,
    MuteAgent,
    OperatorAct,
    OperatorFrame,
    OperatorLeft,
    Operators,
    Presence,
    ReleaseMic,
    RenewLease,
    RestartRoom,
    SayLine,
    Talk,
    ToolPending,
    Whisper,
    elapsed_us,
)
from engine.rooms import MAX_RESTARTS, RESTART_WINDOW_S, Rooms

log = logging.getLogger(__name__)
MAX_LEASE_NUMBER = 1 << 53
OfCall = (
    SayLine | Whisper | MuteAgent | ForceLanguage | DecideTool | InjectEvent | MarkMoment
    | ArmMic | RenewLease | GoLive | Talk | HandBack | ReleaseMic
)  # fmt: skip
OfHouse = AcknowledgeAlert | RestartRoom | ForgetReply


class OperatorDesk:
    """One engine's. `carry_out` raises CallRefused with the reason for a person."""

    def __init__(self, sockets: HouseSockets, rooms: Rooms, calls: Calls, acts: ActsFile) -> None:
        self._sockets, self._rooms, self._calls, self._acts = sockets, rooms, calls, acts
        self._attendance = Attendance()
        self._operators = Operators()
        calls.on_close = self._call_over

    def hears(self, who: bytes, header: Header, command: Message) -> bool:
        """Take what is never answered: sound and signs of life. False for everything else.

        who: the console's connection.
        """
        match command:
            case MicFrame(lease=lease, pcm=pcm):
                live = self._calls.find(header.call)
                if live is not None and live.lease.passes(lease) and len(pcm) == HEARING_FRAME_BYTES:
                    self._sockets.say(header.call, OperatorFrame(pcm))
            case Presence(by=by, readonly=readonly, listens_to=call):
                there = call if self._calls.find(call) is not None else 0
                self._attend(self._attendance.seen(who, by, readonly, there, now_us()))
            case _:
                return False
        return True

    def carry_out(self, call: int, command: OfCall | OfHouse) -> Message:
        """Do it, and answer."""
        if not isinstance(command, OfHouse):
            return self._in_call(self._calls.live_call(call), command)
        match command:
            case AcknowledgeAlert(alert=number, by=by):
                call = self._acknowledge(number, by)
            case RestartRoom(room=room):
                self._restart(room)
            case ForgetReply():
                _refuse(may_forget(command))
                self._sockets.say(call, command)
        return Accepted(call)

    def say_goodbye(self, call: int, by: str) -> None:
        """End a call with a goodbye; without one where nobody would hear it. Raises CallRefused with the reason."""
        live = self._calls.live_call(call)
        if live.goodbye is not None or live.hanging_up_since_us is not None or live.line_ended is not None:
            return
        told = goodbye.steps(live.state, live.silenced, live.task.language, by)
        if isinstance(told, str):
            raise CallRefused(told)
        if not told or not self._rooms.rooms["agent"].opened:
            self._calls.hang_up(call)
            return
        live.goodbye = goodbye.Goodbye(now_us(), live.task.language)
        self._tell(live, [each for each in told if isinstance(each, AgentSilenced)])
        for each in told:
            if isinstance(each, SayLine):
                self._sockets.say(call, each)

    def _in_call(self, live: LiveCall, command: OfCall) -> Message:
        now = now_us()
        _refuse(may_ask(command, live.now()))
        match command:
            case SayLine() | Whisper() | DecideTool():
                if not self._rooms.rooms["agent"].opened:  # nobody would hear it
                    raise CallRefused("The agent is just being started again. Try once more in a moment.")
                self._sockets.say(live.number, command)
            case InjectEvent():
                self._sockets.say(live.number, command)
            case ForceLanguage(language=language):
                live.task = msgspec.structs.replace(live.task, language=language)
                self._sockets.say(live.number, command)
                self._calls.events.show(live.number, live.describe())
            case MuteAgent(mute=mute, by=by):
                self._tell(live, [AgentSilenced("muted" if mute else "", by)])
            case MarkMoment(at_us=at_us) if at_us:
                began = live.started_us % CLOCK_MODULUS_US
                _refuse(may_mark(elapsed_us(began, at_us), now - live.started_us))
            case ArmMic(by=by):
                number = secrets.randbelow(MAX_LEASE_NUMBER) + 1
                self._tell(live, live.lease.grant(by, number, now))
                return LeaseGranted(number, live.lease.ttl_ms)
            case RenewLease(lease=lease):
                live.lease.renew(lease, now)
            case GoLive(lease=lease, mode=mode):
                self._tell(live, live.lease.go_live(lease, mode, now))
            case Talk(lease=lease, on=on, why=why):
                self._tell(live, live.lease.talk(lease, on, why, now))
            case HandBack(lease=lease, agreed=agreed):
                self._tell(live, live.lease.hand_back(lease, agreed))
            case ReleaseMic(lease=lease, why=why):
                self._tell(live, live.lease.release(lease, why))
        return Accepted(live.number)

    def _tell(self, live: LiveCall, told: Sequence[Message]) -> None:
        """What follows from a step of the microphone or a mute. First to the rooms, all of it: the line cannot wait."""
        for message in told:
            if isinstance(message, AgentSilenced):
                live.silenced = message
                live.left = None if message.reason == "operator" else live.left
                live.clock.forget()
            elif isinstance(message, OperatorLeft):
                live.left = message
            if not isinstance(message, MicState):
                self._sockets.say(live.number, message)
        for message in told:
            if not isinstance(message, Talk):
                self._calls.events.show(live.number, message)

    def _acknowledge(self, number: int, by: str) -> int:
        for live in self._calls.live():
            alert = live.alerts.acknowledge(number, by)
            if alert is not None:
                self._calls.events.show(live.number, alert)
                return live.number
        raise CallRefused(f"Alert {number} is not open any more.")

    def _restart(self, name: str) -> None:
        room = self._rooms.rooms[name]
        if not self._rooms.connected(name):
            raise CallRefused(f"The room {name} is just starting. Wait until it is there.")
        crowded = len(room.started_at) == MAX_RESTARTS
        if crowded and time.monotonic() - room.started_at[0] < RESTART_WINDOW_S:
            raise CallRefused(
                f"The room {name} was started {MAX_RESTARTS} times within {RESTART_WINDOW_S:.0f} s; once more would "
                "end the engine. Wait a little."
            )
        room.child.kill()

    # --- the record -----------------------------------------------------------------------------------

    def record(self, call: int, command: Message, refused: str = "") -> None:
        """Write down and show what was asked, where it is an act. call: that the answer named, or the question."""
        act = act_of(command, self._about(call, command), refused)
        if act is None:
            return
        if isinstance(command, OF_EVERY_CALL):
            touched = [live.number for live in self._calls.live()]
        else:
            touched = [call] if self._calls.find(call) is not None else []
        if not touched or isinstance(command, OF_EVERY_CALL):
            self._calls.events.show(0, act)
        for number in touched:
            self._calls.events.show(number, act)
        if not touched or isinstance(command, OF_THE_ENGINE):
            self._write(without_talk(command, act), call)

    def _about(self, call: int, command: Message) -> ToolPending | Alert | None:
        live = self._calls.find(call)
        if live is None:
            return None
        match command:
            case DecideTool(request=request):
                return live.pending.get(request)
            case AcknowledgeAlert(alert=number):
                return next((alert for alert in live.alerts.open if alert.alert == number), None)
        return None

    def _write(self, act: OperatorAct, call: int) -> None:
        try:
            self._acts.append(act, call)
        except StateError as error:
            log.error("%s", error)
            self._calls.events.show(0, EngineEvent("error", str(error)))

    # --- who is there, and what time brings -----------------------------------------------------------

    def look_after(self, now: int) -> None:
        """Consoles that are gone, microphones whose time is over."""
        self._attend(self._attendance.tick(now))
        for live in self._calls.live():
            self._tell(live, live.lease.tick(now))

    def room_back(self) -> None:
        """A room that was started again is told who is there, and which microphones are on."""
        self._sockets.say(0, self._operators)
        for live in self._calls.live():
            if live.lease.talking:
                self._sockets.say(live.number, Talk(live.lease.number, True))

    def _call_over(self, live: LiveCall) -> None:
        """Before its journal is closed."""
        self._tell(live, live.lease.call_over())
        self._attend(self._attendance.call_over(live.number))

    def _attend(self, changes: Sequence[Listening]) -> None:
        self._calls.listened = self._attendance.listened()
        for change in changes:
            act = OperatorAct(change.operator, "listen" if change.begins else "stop_listening")
            if self._calls.find(change.call) is not None:
                self._calls.events.show(change.call, act)
            self._write(act, change.call)
        operators = self._attendance.operators()
        if operators != self._operators:
            self._operators = operators
            self._sockets.say(0, operators)
            self._calls.events.show(0, operators)


def _refuse(reason: str) -> None:
    if reason:
        raise CallRefused(reason)
