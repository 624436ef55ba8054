"""cache: have we answered this before?

hears  Transcript (final, and at a pause), LanguageSwitched   from transcribe
       Sentence, DialogueState from agent        (what is made ahead teaches nothing)
       CallOpened, CallClosed  from the supervisor
       ForgetReply, InjectEvent   from the supervisor
says   CacheVerdict            to agent          (Flag.AHEAD: about the words at a pause)
       ReplyForgotten          to the supervisor
decides in dialogue/guard.py and turns/outage.py
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import date
from typing import Protocol

import msgspec

from engine.bus import TICK, Bus, now_us
from engine.dialogue.bound import bound_to, keys_of
from engine.dialogue.gist import gist_of
from engine.dialogue.guard import Verdict, may_serve, prepare
from engine.errors import StateError
from engine.languages import load
from engine.protocol import (
    CacheVerdict,
    CallClosed,
    CallOpened,
    DialogueState,
    Flag,
    ForgetReply,
    InjectEvent,
    LanguageSwitched,
    ReplyForgotten,
    Sentence,
    Task,
    Transcript,
)
from engine.stores.remote import StoreAway
from engine.stores.replies import Situation, StoredReply
from engine.turns.outage import Outages
from engine.wiring import House

log = logging.getLogger(__name__)


class Replies(Protocol):
    """What this room needs of a store."""

    def put(self, situation: Situation, heard: str, template: str, expects: str, task: str = "") -> str: ...
    def near(self, situation: Situation, heard: str) -> list[StoredReply]: ...
    def forget(self, entry: str) -> bool: ...


class Memory:
    """One call's part in the cache."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.keys = keys_of(task)
        self.state = DialogueState("", "", task.language)
        self.heard: Transcript | None = None
        self.replies: list[Sentence] = []  # to the turn that was heard last
        self.at_pause: tuple[Transcript, CacheVerdict, Situation] | None = (
            None  # its words, and what was said of them
        )

    def situation(self) -> Situation:
        """In which the next turn is heard."""
        return Situation(self.state.language, self.state.state, self.state.pending)

    def hears(self, transcript: Transcript) -> None:
        """A turn that is over, unless its answer has told so before: an answer that was prepared comes at once."""
        if self.heard is None or self.heard.turn != transcript.turn:
            self.heard, self.replies = transcript, []

    def answers(self, sentence: Sentence) -> None:
        """A sentence of an answer is said: the turn is over, and what it answers are the words at the pause."""
        if self.at_pause is not None and self.at_pause[0].turn == sentence.turn:
            self.hears(self.at_pause[0])

    def known(self, final: Transcript) -> CacheVerdict | None:
        """What was said of these very words at the pause with which the turn ended. Only its answer has changed the
        situation since.
        """
        if self.at_pause is None:
            return None
        before, verdict, then = self.at_pause
        answered = self.heard is not None and self.heard.turn == final.turn
        if self.situation() != then and not answered:
            return None
        same = (before.turn, before.end_ms, before.text, before.language)
        return verdict if same == (final.turn, final.end_ms, final.text, final.language) else None


def judge(memory: Memory, transcript: Transcript, replies: Replies | None, threshold: float) -> CacheVerdict:
    """Whether a stored reply may be served for this transcript, and why. `replies`: None while there is no store."""
    if replies is None:
        return CacheVerdict(transcript.turn, False, threshold=threshold, verdict="the cache is not open")
    if transcript.language != memory.state.language:
        return CacheVerdict(
            transcript.turn,
            False,
            threshold=threshold,
            verdict="it was heard in another language than the call's",
        )
    near = replies.near(memory.situation(), transcript.text) if transcript.text else []
    near = [reply for reply in near if reply.task in memory.keys]
    if not near:
        return CacheVerdict(
            transcript.turn, False, threshold=threshold, verdict="nothing stored for this situation"
        )
    today = date.fromisoformat(memory.task.today)
    language = load(memory.state.language)
    gist = gist_of(transcript.text, language.code, today).undated
    verdicts = [
        (reply, may_serve(reply.heard, transcript.text, language, today, reply.similarity >= threshold))
        for reply in near
        if reply.similarity >= threshold or reply.gist == gist
    ]
    served = [(reply, verdict) for reply, verdict in verdicts if verdict.serve]
    unlike = (near[0], Verdict(False, f"too unlike: below {threshold:.2f}"))
    chosen, verdict = (served or verdicts or [unlike])[0]
    if len({(reply.template, reply.expects) for reply, _ in served}) > 1:
        verdict = Verdict(False, "two stored replies answer it differently")
    return CacheVerdict(
        turn=transcript.turn,
        hit=verdict.serve,
        similarity=round(chosen.similarity, 3),
        threshold=threshold,
        template=chosen.template if verdict.serve else "",
        expects=chosen.expects if verdict.serve else "",
        source=chosen.id,
        nearest=chosen.heard,
        verdict=verdict.reason,
    )


def learn(memory: Memory, sentence: Sentence, replies: Replies) -> None:
    """Store the reply to the last turn, if it was one sentence that may be served again."""
    heard = memory.heard
    if heard is None or sentence.turn != heard.turn:
        return
    if not sentence.last:
        memory.replies.append(sentence)
        return
    if len(memory.replies) == 1 and memory.replies[0].template and not memory.replies[0].from_cache:
        reply = memory.replies[0]
        situation = Situation(reply.language, reply.state, reply.pending)
        task = bound_to(reply.template, memory.task)
        replies.put(situation, heard.text, reply.template, reply.expects, task)
    memory.replies = []


def run(bus: Bus, replies: list[Replies]) -> None:
    """Until the house shuts down. `replies` is empty until the store is open: that is a miss, not a wait."""
    calls: dict[int, Memory] = {}
    outages = Outages("cache")
    ahead = bus.house.settings.turns.speculate == "reply"
    for delivery in bus:
        header, message = delivery
        call, memory = header.call, calls.get(header.call)
        if delivery is TICK:
            for notice in outages.over(now_us()):
                bus.send(notice.call, notice.event)
        match message:
            case CallOpened(task=task):
                calls.setdefault(call, Memory(task))
                prepare(task.language)
            case LanguageSwitched(language=language) if (
                memory
            ):  # the agent's word on it comes after the transcript
                memory.state = msgspec.structs.replace(memory.state, language=language)
                prepare(language)
            case DialogueState() if memory:
                memory.state = message
            case Transcript(final=True) if memory and outages.on(call):
                memory.heard, memory.replies = None, []  # no answer, which is a miss
            case Transcript(at_pause=True) if memory and ahead and not outages.on(call):
                verdict = _verdict(bus, memory, message, replies)
                memory.at_pause = (message, verdict, memory.situation())
                bus.send(call, msgspec.structs.replace(verdict, ahead=True), Flag.AHEAD)
            case Transcript(final=True) if memory:
                bus.send(call, _verdict(bus, memory, message, replies))
                if not header.flags & Flag.AGAIN:
                    memory.hears(message)
            case Sentence() if memory and replies and not header.flags & Flag.AHEAD:
                memory.answers(message)
                try:
                    learn(memory, message, replies[0])
                except StateError as error:
                    _give_up(bus, replies, error)
            case ForgetReply(source=source):
                bus.send(call, ReplyForgotten(source, _forgotten(bus, replies, source)))
            case InjectEvent() if memory:
                for notice in outages.begin(call, message, now_us()):
                    bus.send(call, notice.event)
            case CallClosed():
                calls.pop(call, None)
                outages.forget(call)
        bus.wake_at_us = outages.due_us


def _verdict(bus: Bus, memory: Memory, heard: Transcript, replies: list[Replies]) -> CacheVerdict:
    began_us = now_us()
    threshold = bus.house.settings.cache.threshold
    try:
        verdict = memory.known(heard) or judge(memory, heard, replies[0] if replies else None, threshold)
    except StateError as error:
        verdict = CacheVerdict(heard.turn, False, threshold=threshold, verdict=str(error))
        _give_up(bus, replies, error)
    return msgspec.structs.replace(verdict, end_ms=heard.end_ms, cache_us=now_us() - began_us)


def _forgotten(bus: Bus, replies: list[Replies], source: str) -> bool:
    try:
        return bool(replies) and replies[0].forget(source)
    except StateError as error:
        _give_up(bus, replies, error)
        return False


def _give_up(bus: Bus, replies: list[Replies], error: StateError) -> None:
    """A store that fails is not asked again by this process: every answer is a miss. A server comes back by itself."""
    if isinstance(error, StoreAway):
        return
    log.error("%s", error)
    bus.note = str(error)
    replies.clear()


def start(house: House) -> None:
    """Open the room in this process; the store is opened beside it, since that takes two seconds."""
    bus = Bus(
        house, Transcript, LanguageSwitched, Sentence, DialogueState, ForgetReply, InjectEvent, CallClosed
    )
    replies: list[Replies] = []

    def open_store() -> None:
        from engine.stores.opening import open_replies

        try:
            replies.append(open_replies(house.settings, os.environ))
            bus.note = ""
        except StateError as error:
            bus.note = str(error)
            log.error("%s", error)

    if house.settings.cache.enabled:
        threading.Thread(target=open_store, daemon=True).start()
    bus.ready = True
    run(bus, replies)
    bus.close()
