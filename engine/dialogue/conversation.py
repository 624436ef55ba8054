"""One call as the agent lives it: what was heard goes to the brain, its moves become sentences and tool calls. Pure.

Every method takes the time and returns the messages to send. `checkpoint()` after each of them is everything that
a successor needs to go on, sentences that have not been spoken included: it is sent first, so that a crash in
between repeats nothing and loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from engine.brains.base import Brain
from engine.dialogue.constraints import Refusal, check
from engine.dialogue.moves import Answered, Event, FarEndSilent, Finish, Heard, Said, Say, ToolResult, UseTool
from engine.dialogue.tools import apply
from engine.protocol import (
    EndCall,
    Message,
    Outcome,
    Reservation,
    ReservationChanged,
    Sentence,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
)

SILENCE_STEP_MS = 3000  # the brain is told of a silence at every multiple of this
MAX_TOOL_ROUNDS = 4  # a brain that answers every tool result with another tool is stopped here


class Memory(msgspec.Struct, frozen=True):
    """A conversation between two processes."""

    brain: bytes
    reservation: Reservation
    utterance: int
    unspoken: tuple[Sentence, ...]
    last_turn: int
    answered: bool
    ends_with: tuple[Outcome, str] | None
    line: str = ""  # its last known state, see `Conversation.line`


class Conversation:
    """The agent's side of one call."""

    def __init__(
        self,
        task: Task,
        make_brain: Callable[[bytes], Brain],
        save: Callable[[Reservation, str, str], None],
        checkpoint: bytes = b"",
    ) -> None:
        """save(reservation, source, words) keeps the record; called for every change."""
        self._task = task
        self._save = save
        self._restore(checkpoint, make_brain)
        self._ended = False
        self._far_speaks = False
        self._end_waits = (
            False  # our last words were cut: what they say instead is heard before the line is closed
        )
        self._quiet_since_us: int | None = None  # not known until something happens
        self._silence_told_ms = 0

    def _restore(self, checkpoint: bytes, make_brain: Callable[[bytes], Brain]) -> None:
        empty = Memory(b"", Reservation(), 0, (), 0, False, None)
        memory = msgspec.msgpack.decode(checkpoint, type=Memory) if checkpoint else empty
        self.brain = make_brain(memory.brain)
        self.reservation = memory.reservation
        self.unspoken: dict[tuple[int, int], Sentence] = {(s.utterance, s.index): s for s in memory.unspoken}
        self._utterance = memory.utterance
        self._last_turn = memory.last_turn
        self._answered = memory.answered
        self._ends_with = memory.ends_with
        self._line = memory.line

    def checkpoint(self) -> bytes:
        """See the module's words."""
        return msgspec.msgpack.encode(
            Memory(
                self.brain.checkpoint(),
                self.reservation,
                self._utterance,
                tuple(self.unspoken.values()),
                self._last_turn,
                self._answered,
                self._ends_with,
                self._line,
            )
        )

    def line(self, state: str, now_us: int) -> list[Message]:
        """The line's new state: `early_media`, `answered`, `held` or `resumed`."""
        self._line = state
        if state == "answered":
            return self.answered(now_us)
        if state == "resumed":
            self._quiet_from(now_us)
        return []

    def answered(self, now_us: int) -> list[Message]:
        """The far end picked up."""
        if self._line == "early_media":
            self._line = "answered"
        if self._answered:
            return []
        self._answered = True
        self._quiet_from(now_us)
        return self._step(Answered(), 0)

    def heard(self, transcript: Transcript, served: str, now_us: int) -> list[Message]:
        """A final transcript, with the cache's template if one may be served."""
        if transcript.turn <= self._last_turn:
            return []
        if self.left_unanswered(transcript.turn):
            return []
        self._answered = True  # who speaks has picked up, whatever was missed before
        self._last_turn = transcript.turn
        self._far_speaks = self._end_waits = False
        self._quiet_from(now_us)
        event = Heard(
            turn=transcript.turn,
            text=transcript.text,
            language=transcript.language,
            confidence=transcript.confidence,
            served=served,
        )
        return self._step(event, transcript.turn)

    def left_unanswered(self, turn: int) -> bool:
        """A turn is over: is it, from now on, one that is never answered, since nobody has picked up yet?

        Ringback and announcements sound like somebody; nobody would hear us. Where nothing is known of early media,
        who speaks has picked up.
        """
        if self._line != "early_media":
            return False
        self._last_turn = max(self._last_turn, turn)
        return True

    def far_speech(self, speaks: bool, now_us: int) -> None:
        """The far end began or ended to speak."""
        self._far_speaks = speaks
        self._quiet_from(now_us)

    def spoken(self, spoken: Spoken, now_us: int) -> list[Message]:
        """Playback's report; what was cut takes the rest of its utterance with it."""
        self._quiet_from(now_us)
        if not spoken.done:
            return []
        said: list[Message] = []
        sentence = self.unspoken.pop((spoken.utterance, spoken.index), None)
        if sentence is not None and sentence.text:
            said += self._step(Said(text=spoken.text, cut=spoken.cut), 0)
        if spoken.cut:
            self._end_waits = True
            for place in [p for p in self.unspoken if p <= (spoken.utterance, 1 << 16)]:
                never_heard = self.unspoken.pop(place)
                if never_heard.text:
                    said += self._step(Said(text="", cut=True), 0)
        return said + self._end_when_said()

    def tick(self, now_us: int) -> list[Message]:
        """Time passes; tells the brain of silence."""
        if not self._answered or self._far_speaks or self.unspoken or self._ended or self._line == "held":
            return []
        if self._quiet_since_us is None:
            self._quiet_from(now_us)
        silent_ms = (now_us - (self._quiet_since_us or 0)) // 1000
        if silent_ms < self._silence_told_ms + SILENCE_STEP_MS:
            return self._end_when_said()
        self._end_waits = False
        self._silence_told_ms = silent_ms // SILENCE_STEP_MS * SILENCE_STEP_MS
        return self._step(FarEndSilent(silent_ms=self._silence_told_ms), 0)

    def _quiet_from(self, now_us: int) -> None:
        self._quiet_since_us = now_us
        self._silence_told_ms = 0

    def _step(self, event: Event, turn: int) -> list[Message]:
        situation = self.brain.situation()
        said: list[Message] = []
        first = self._utterance + 1
        index = 0
        events: list[Event] = [event]
        for _ in range(MAX_TOOL_ROUNDS):
            if not events:
                break
            for move in self.brain.step(events.pop(0)):
                if isinstance(move, Say):
                    sentence = Sentence(
                        utterance=first,
                        index=index,
                        last=False,
                        turn=turn,
                        text=move.text,
                        language=self._task.language,
                        expects=move.expects,
                        template=move.template,
                        state=situation.state,
                        pending=situation.pending,
                        from_cache=isinstance(event, Heard) and bool(event.served),
                    )
                    index += 1
                    said.append(self._owe(sentence))
                elif isinstance(move, UseTool):
                    messages, result = self._use(move, event)
                    said += messages
                    events.append(result)
                elif isinstance(move, Finish):
                    self._ends_with = (move.outcome, move.reason)
        if index:
            self._utterance = first
            end = Sentence(first, index, True, turn, "", self._task.language)
            said.append(self._owe(end))
        return said + (self._end_when_said() if not index else [])

    def _owe(self, sentence: Sentence) -> Sentence:
        self.unspoken[sentence.utterance, sentence.index] = sentence
        return sentence

    def _use(self, move: UseTool, event: Event) -> tuple[list[Message], ToolResult]:
        words = event.text if isinstance(event, Heard) else ""
        turn = event.turn if isinstance(event, Heard) else 0
        verdict = check(self._task, move.tool, move.arguments)
        if isinstance(verdict, Refusal):
            called = ToolCalled(move.tool, move.arguments, verdict.reason, refused=True, turn=turn)
            return [called], ToolResult(tool=move.tool, refused=True, reason=verdict.reason)
        changed = apply(self.reservation, move.tool, move.arguments, words)
        messages: list[Message] = [ToolCalled(move.tool, move.arguments, changed.status, turn=turn)]
        if changed != self.reservation:
            self.reservation = changed
            self._save(changed, move.tool, words)
            messages.append(ReservationChanged(changed, move.tool))
        return messages, ToolResult(tool=move.tool, reservation=changed)

    def _end_when_said(self) -> list[Message]:
        if self._ends_with is None or self.unspoken or self._ended or self._end_waits:
            return []
        self._ended = True
        return [EndCall(*self._ends_with)]
