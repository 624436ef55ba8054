"""One call as the supervisor keeps it: its state, its journal, what rooms must be given back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.call import UNANSWERED, State, next_state, outcome_of, with_last_words
from engine.call_sound import CallSound
from engine.catch_up import KeptEvents
from engine.errors import StateError
from engine.in_order import InOrder
from engine.journal import JournalWriter
from engine.kept_time import KeptTime
from engine.latency import TurnClock
from engine.lines.placing import LEAD_MS, LONGEST_S, Placement
from engine.news import News
from engine.operating.alerts import CallAlerts
from engine.operating.goodbye import Goodbye
from engine.operating.lease import MicLease
from engine.operating.orders import CallNow
from engine.protocol import (
    CLOCK_MODULUS_US,
    AgentSilenced,
    BrainUse,
    CallClosed,
    CallOpened,
    CallState,
    Checkpoint,
    EndCall,
    EngineEvent,
    FarSound,
    Flag,
    FlushVoice,
    Header,
    LanguageSwitched,
    LineState,
    Message,
    OperatorLeft,
    Outcome,
    RecordingConsent,
    Reservation,
    ReservationChanged,
    Spoken,
    ToolDecided,
    ToolPending,
    Transcript,
    elapsed_us,
)
from engine.stores.reservations import ReservationStore

log = logging.getLogger(__name__)
LONGEST_US = LONGEST_S * 1_000_000  # with operators


class LiveCall:
    """From the command to the end of the line."""

    def __init__(
        self,
        number: int,
        call_id: str,
        line: str,
        placed: Placement,
        journals: Path,
        now_us: int,
        lease_ms: int = 2000,
        next_alert: Callable[[], int] = lambda: 1,
        key: str = "",
    ) -> None:
        """Raises StateError when the journal cannot be begun: then there is no call.

        lease_ms: see OperatorSettings. next_alert: numbers alerts through the whole engine. key: see PlaceCall.
        """
        self.number, self.call_id, self.line, self.key = number, call_id, line, key
        self.task, self.scenario, self.wait_s = placed.task, placed.name, placed.wait_s
        self.started_us = now_us
        self.since_us = now_us  # from when its length is counted, see call.too_long
        self._counted_us = now_us
        self.state: State = "waiting" if placed.wait_s else "dialling"
        self.wanted: EndCall | None = None
        self.line_ended: LineState | None = None
        self.line_ended_us = 0
        self.reservation = Reservation()
        self.checkpoints: dict[str, bytes] = {}
        self.clock = TurnClock()
        self.outcome: tuple[Outcome, str] | None = None
        self.ended_by: tuple[Outcome, str] | None = None  # our own hang-up, when it is not the agent's
        self.hanging_up_since_us: int | None = None
        self.goodbye: Goodbye | None = None  # it is being ended with one
        self.was_answered = False
        self.usd = 0.0  # what its model took, as far as that is known
        self.heard_unanswered = ""  # the last that was said before anybody picked up
        self.news = News()
        self.kept_time = KeptTime()
        self.restarts = 0
        self.lease = MicLease(lease_ms)
        self.silenced = AgentSilenced("")
        self.left: OperatorLeft | None = None  # how the last take-over ended, until the next one
        self.pending: dict[int, ToolPending] = {}  # tool calls that wait for an operator
        self.in_order = InOrder()
        self.alerts = CallAlerts(number, next_alert)
        self.kept = KeptEvents()
        name = self.scenario.replace("/", "-")
        folder = journals / (f"{call_id}-{name}" if name else call_id)
        task = msgspec.to_builtins(self.task)
        about = {
            "call": call_id,
            "line": line,
            "scenario": self.scenario,
            "recorded": placed.record,
            "recording": placed.asks or ("on" if placed.record else "off"),
            "task": task,
        }
        if placed.job:
            about["job"] = placed.job
        if key:
            about["key"] = key
        self.journal = JournalWriter(folder, about, now_us)
        self.sound = CallSound(self.journal, placed, now_us)
        self._asks: Literal["", "announce", "consent"] = placed.asks

    def frame(self, header: Header, message: Message) -> None:
        """Audio, for the recording. Raises OSError or StateError when the disk refuses."""
        if isinstance(message, FarSound):
            self.kept_time.far(header.sequence, message.began_us)
        self.sound.frame(header, message)

    def take(self, header: Header, message: Message) -> list[Message]:
        """An event of this call; returns what follows from it for the consoles."""
        if self.goodbye is not None:
            self.goodbye.take(message)
        self.was_answered |= isinstance(message, LineState) and message.state == "answered"
        match message:
            case Checkpoint(room=room, state=memory):
                self.checkpoints[room] = memory
                return []
            case ReservationChanged(reservation=reservation):
                self.reservation = reservation
            case BrainUse(usd=usd):
                self.usd += usd or 0.0
            case EndCall() if self.wanted is None:
                self.wanted = message
            case LineState(state="ended") if self.line_ended is None:
                self.line_ended, self.line_ended_us = message, header.time_us
            case LineState(state="waiting" | "ringing" | "answered") if self._is_waited_for:
                self.since_us = header.time_us
            case Transcript(final=True, text=text) if text and self.state in UNANSWERED:
                self.heard_unanswered = text
            case ToolPending(request=request):
                self.pending[request] = message
            case ToolDecided(request=request):
                self.pending.pop(request, None)
            case RecordingConsent():
                self.sound.consented(message, header.time_us)
            case Spoken(cut=True) | FlushVoice() if header.flags & Flag.CUT:
                self.sound.cut(header.time_us)
        if isinstance(message, Spoken):
            self.kept_time.late_frames = max(self.kept_time.late_frames, message.late_frames)
        follows: list[Message] = []
        latency = self.clock.step(header, message)
        if latency is not None:
            follows.append(latency)
        state = next_state(self.state, message)
        if isinstance(message, LanguageSwitched) and message.language != self.task.language:
            self.task = msgspec.structs.replace(self.task, language=message.language)
            follows.append(self.describe())
        if state != self.state and state != "ended":  # the end is told once, with its outcome
            self.state = state
            follows.append(self.describe())
        return follows

    def rings(self, message: Message) -> bool:
        """Whether with this message a call comes that we have waited for, and which is to be picked up."""
        ringing = isinstance(message, LineState) and message.state == "ringing"
        return ringing and self._is_waited_for and self.hanging_up_since_us is None

    @property
    def _is_waited_for(self) -> bool:
        return self.wait_s > 0 and self.state in UNANSWERED

    def describe(self) -> CallState:
        """The call's state for consoles."""
        outcome, reason = self.outcome or ("", "")
        return CallState(
            state=self.state,
            restaurant=self.task.restaurant,
            language=self.task.language,
            line=self.line,
            scenario=self.scenario,
            outcome=outcome,
            reason=reason,
            journal=str(self.journal.folder),
        )

    def opened(self, room: str = "") -> CallOpened:
        """As the rooms are told of it. room: the only one to be told, which has come back."""
        return CallOpened(
            self.task,
            self.call_id,
            self.line,
            self.started_us,
            room=room,
            checkpoint=self.checkpoints.get(room, b""),
            answered=self.state not in UNANSWERED,
            lead_ms=LEAD_MS[self.line],
            silenced=self.silenced.reason,
            left=self.left,
            recording=self._asks,
        )

    def lasted_s(self, now_us: int) -> float:
        """How long it has gone on, for call.too_long. While an operator speaks nothing is counted, so ask often.

        However long that is, the clock of the record wraps soon after LONGEST_US, and all of it counts then.
        """
        passed_us, self._counted_us = elapsed_us(self._counted_us, now_us), now_us
        if elapsed_us(self.started_us, now_us) >= LONGEST_US:
            return elapsed_us(self.started_us, now_us) / 1e6
        if self.lease.live:
            self.since_us = (self.since_us + passed_us) % CLOCK_MODULUS_US
        return elapsed_us(self.since_us, now_us) / 1e6

    def now(self) -> CallNow:
        """As it decides what may be asked of it."""
        ending = self.hanging_up_since_us is not None or self.line_ended is not None
        return CallNow(self.state, self.line, self.task.language, ending, self.silenced, self.pending)

    def closed(self) -> CallClosed:
        """The last that is said of it, once it is settled."""
        outcome, reason = self.outcome or ("failed", "")
        time = self.kept_time
        lost_frames = self.sound.lost_frames
        return CallClosed(
            outcome, reason, lost_frames, self.restarts, time.late_frames, time.lag_ms, time.behind_ms
        )

    def settle(self) -> None:
        """The line has ended: what came out, unless that was settled before."""
        if self.outcome is None:
            line = self.line_ended or LineState("ended", "line_lost")
            outcome, reason = outcome_of(self.wanted, line, self.reservation, self.ended_by)
            if self.state in UNANSWERED:
                reason = with_last_words(reason, self.heard_unanswered)
            self.outcome = (outcome, reason)
        self.state = "ended"

    def close(self, last: tuple[Header, Message] | None = None) -> EngineEvent | None:
        """Finish journal and recording; an event when the disk refused. last: what the journal ends with."""
        outcome, reason = self.outcome or ("failed", "the engine ended")
        summary: dict[str, Any] = {
            "call": self.call_id,
            "outcome": outcome,
            "reason": reason,
            "reservation": msgspec.to_builtins(self.reservation),
            "audio_lost_frames": self.sound.lost_frames,
            "restarts": self.restarts,
        }
        trouble: list[str] = []
        try:
            summary |= self.sound.close()
        except OSError as error:
            trouble.append(f"recording: {error.strerror}")
        try:
            self.journal.close(summary, last)
        except StateError as error:
            trouble.append(str(error))
        if not trouble:
            return None
        return EngineEvent(
            "error", f"{self.journal.folder}: the record could not be finished: {'; '.join(trouble)}"
        )

    def enter(self, store: ReservationStore) -> None:
        """How it ended, into the database. Raises StateError."""
        if self.reservation.status != "open":
            store.save(self.call_id, self.task, self.reservation, "end of call")
        outcome = self.outcome[0] if self.outcome else "failed"
        store.finish(self.call_id, self.task, outcome, str(self.journal.folder))
