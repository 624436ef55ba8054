"""agent: what do we say, and what do we do?

hears  Transcript (final, and at a pause), LanguageSwitched   from transcribe
       CacheVerdict                     from cache
       SpeechStarted, SpeechPaused, SpeechResumed, TurnEnded, SoundHeard   from vad
       PlaybackStarted, Spoken          from playback
       LineState                        from capture
       CallOpened, CallClosed, RoomStarted   from the supervisor
       SayLine, Whisper, AgentSilenced, OperatorLeft, DecideTool, ForceLanguage, Operators, InjectEvent   from it too
       OperatorWords                    from transcribe
       GoOn is asked of a brain that thinks, whenever its own thread wakes the bus
says   Sentence                         to tts, cache, playback   (Flag.OPERATOR: an operator typed it; AHEAD: prepared)
       Speculated                       to the supervisor
       DialogueState                    to vad, cache
       ToolCalled, ToolPending, ToolDecided, ReservationChanged, BrainUse, EndCall, EngineEvent, Checkpoint   to it too
decides in dialogue/conversation.py, dialogue/operated.py, dialogue/preparing.py and the brain; turns/outage.py
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import msgspec

from engine.brains.choosing import MakeBrain, chosen
from engine.bus import TICK, WOKEN, Bus, Delivery, now_us
from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.dialogue.on_hold import TOLD_THE_BRAIN
from engine.dialogue.preparing import Prepared, Preparing
from engine.errors import StateError
from engine.protocol import (
    LANGUAGES,
    CacheVerdict,
    CallClosed,
    CallOpened,
    Checkpoint,
    DialogueState,
    EngineEvent,
    Flag,
    InjectEvent,
    LanguageSwitched,
    LineState,
    Message,
    Operators,
    PlaybackStarted,
    Reservation,
    ReservationChanged,
    RoomStarted,
    Sentence,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Transcript,
    TurnEnded,
)
from engine.settings import Settings
from engine.turns import language
from engine.turns.hallucination import nothing_said
from engine.turns.outage import Outages
from engine.wiring import House

log = logging.getLogger(__name__)
TICK_US = 250_000
END_WAIT_US = 40_000  # a message that another one of another room has overtaken is there within a few ms
QUESTIONS_IN_A_TURN = 1  # to a model, ahead: who has gone on after a pause pauses again
NEED_THE_BRAIN = (
    LineState,
    Transcript,
    CacheVerdict,
    SoundHeard,
    LanguageSwitched,
    *operated.NEED_THE_BRAIN,
)  # while it is away these wait


class Desk:
    """One call at the agent's desk: the conversation and the transcript that waits for the cache."""

    def __init__(self, conversation: Conversation, settings: Settings) -> None:
        self.conversation = conversation
        self.ahead = preparing(settings)
        self.before = b""  # the conversation's checkpoint when an answer was prepared
        self.anew_until = (
            0  # utterances up to this one are made again: who had made them ahead, or had them, is gone
        )
        self.waiting: Transcript | None = None
        self.since_us = 0  # it waits
        self.until_us = 0
        self.verdicts: dict[int, CacheVerdict] = {}
        self.unheeded: set[int] = set()  # turns that were a "mhm" under our voice
        self.unheeded_words: Transcript | None = None  # of the newest turn, if it is one of them
        self.newest_turn = self.ended_turn = 0
        self.situation: DialogueState | None = None
        self.memory = b""  # the checkpoint that was sent last
        self.held: list[Delivery] = []  # what came while the brain was away
        self.asked_us = 0  # when the turn that was asked last began to be thought about
        self.cache_us = 0  # and what the cache took of it

    def knows_end(self, turn: int) -> bool:
        """Whether vad's word on the turn has come, which words may overtake; without its beginning none will."""
        return turn != self.newest_turn or turn == self.ended_turn


def preparing(settings: Settings) -> Preparing:
    """Whether answers are prepared, and how often for nothing where a question costs money."""
    if settings.brain.kind == "scripted":
        return Preparing(settings.turns.speculate == "reply")
    return Preparing(settings.turns.speculate == "reply" and settings.brain.asks_ahead, QUESTIONS_IN_A_TURN)


def run(bus: Bus, open_conversation: Callable[[CallOpened], Conversation]) -> None:
    """Until the house shuts down."""
    desks: dict[int, Desk] = {}
    outages = Outages("agent")
    there = Operators()
    for delivery in bus:
        call, message = delivery.header.call, delivery.message
        desk = desks.get(call)
        if delivery is TICK or delivery is WOKEN:
            _go_on(bus, desks, outages)
        if delivery is TICK:
            _tick(bus, desks, outages)
        elif isinstance(message, CallOpened) and desk is None:
            desks[call] = _open(
                bus, call, Desk(open_conversation(message), bus.house.settings), message, there
            )
        elif isinstance(message, RoomStarted):
            for number, each in desks.items():
                _room_started(bus, number, each, message.room)
        elif isinstance(message, Operators):
            there = message
            for number, each in desks.items():
                _say(bus, number, each, operated.take(each.conversation, message, now_us()))
        elif isinstance(message, CallClosed):
            if desk is not None:
                desk.conversation.brain.stop()
                desk.ahead.throw_away("the call is over")
            desks.pop(call, None)
            outages.forget(call)
        elif isinstance(message, InjectEvent):
            for notice in outages.begin(call, message, now_us()) if desk is not None else ():
                bus.send(call, notice.event)
            if desk is not None and outages.on(call):
                _throw_away(bus, call, desk, "the brain is away")
        elif desk is not None and outages.on(call) and isinstance(message, NEED_THE_BRAIN):
            desk.held.append(delivery)
        elif desk is not None:
            _take(bus, call, desk, message)
        bus.wake_at_us = _next_wake(desks, outages, bus.wake_at_us)


def _room_started(bus: Bus, call: int, desk: Desk, room: str) -> None:
    """No preparation outlives a room; who is back is offered what it has not done."""
    _throw_away(bus, call, desk, f"the room {room} was started again")
    if room in ("tts", "playback"):
        desk.anew_until = desk.conversation.speech.utterance + 1
    if room == "vad":  # the end of a turn may have died with it; who speaks on is heard anew
        desk.conversation.far_speech(False, now_us())
    if room in ("tts", "playback", "vad", "cache"):
        _offer_again(bus, call, desk)


def _open(bus: Bus, call: int, desk: Desk, opened: CallOpened, there: Operators) -> Desk:
    talk, now = desk.conversation, now_us()
    follows = talk.finish_answer(now)
    follows += operated.reopened(talk, opened.silenced, now, opened.left) + operated.take(talk, there, now)
    if opened.answered:  # while no agent was here to hear it
        follows += talk.answered(now)
    if follows or opened.answered:
        _say(bus, call, desk, follows)
    _offer_again(bus, call, desk)
    if talk.reservation.status != "open":  # the record may have been lost on its way
        bus.send(call, ReservationChanged(talk.reservation, "restart"))
    return desk


def _take(bus: Bus, call: int, desk: Desk, message: Message) -> None:
    talk, now = desk.conversation, now_us()
    cache = bus.house.settings.cache
    budget_us = cache.budget_ms * 1000 if cache.enabled else 0
    if isinstance(message, operated.OF_CALLS):
        _say(bus, call, desk, operated.take(talk, message, now))
        return
    match message:
        case LineState(state="early_media" | "answered" | "held" | "resumed" as state):
            _say(bus, call, desk, talk.line(state, now))
        case SpeechStarted() | SpeechPaused() | SpeechResumed():
            if isinstance(message, SpeechStarted):
                desk.newest_turn, desk.unheeded_words = message.turn, None
                talk.far_speech(True, now)
            if reason := desk.ahead.speech(message):
                _throw_away(bus, call, desk, reason)
        case TurnEnded(turn=turn, under_our_voice=unheeded):
            talk.far_speech(False, now)
            talk.turn_over(turn, message.decided_ms - message.end_ms, now)
            desk.ended_turn = turn
            if unheeded:
                talk.nothing_said(now)
                desk.unheeded.add(turn)
                if desk.waiting is not None and desk.waiting.turn == turn:
                    desk.unheeded_words, desk.waiting = desk.waiting, None
            answer, reason = desk.ahead.turn_ended(message)
            if answer is not None:
                _adopt(bus, call, desk, answer, now)
                return
            if reason:
                _throw_away(bus, call, desk, reason)
            if talk.left_unanswered(turn):
                _say(bus, call, desk, [])  # so that a successor does not answer it either
            elif (
                desk.waiting is not None
                and desk.waiting.turn == turn
                and (turn in desk.verdicts or not budget_us)
            ):
                _answer(bus, call, desk, now)
        case Transcript(at_pause=True) if desk.waiting is None:
            if desk.ahead.hear(message, talk, now):
                desk.until_us = now + budget_us
                if not budget_us:
                    _prepare(bus, call, desk, "")
        case CacheVerdict(ahead=True):
            if desk.ahead.concerns(message):
                _prepare(bus, call, desk, message.template if message.hit else "")
        case Transcript(final=True, turn=turn) if talk.has_answered(turn):
            pass  # with what was prepared
        case Transcript(final=True) if (answer := desk.ahead.final(message)) is not None:
            _adopt(bus, call, desk, answer, now)  # the end of the turn is still on its way
        case Transcript(final=True) if nothing_said(message):
            talk.nothing_said(now)
        case Transcript(final=True, turn=turn) if turn not in desk.unheeded:
            if desk.waiting is not None and desk.waiting.turn < turn:
                _answer(bus, call, desk, now)  # two turns at once, after a restart
            desk.waiting, desk.since_us = message, now
            desk.until_us = now + (budget_us if desk.knows_end(turn) else max(budget_us, END_WAIT_US))
            if (turn in desk.verdicts or not budget_us) and desk.knows_end(turn):
                _answer(bus, call, desk, now)
        case Transcript(final=True, turn=turn):
            desk.unheeded_words = message
        case CacheVerdict(turn=turn):
            desk.verdicts = {turn: message}
            if desk.waiting is not None and desk.waiting.turn == turn and desk.knows_end(turn):
                _answer(bus, call, desk, now)
        case PlaybackStarted():
            talk.far_speech(False, now)
        case LanguageSwitched(language=code, forced=forced) if code != talk.language:
            _throw_away(bus, call, desk, "another language is spoken from here on")
            _say(bus, call, desk, talk.speaks(code, "operator" if forced else "far end", now))
        case SoundHeard(on=on, sound=sound):
            if on and sound in TOLD_THE_BRAIN:
                _throw_away(bus, call, desk, f"nobody speaks: {sound}")
            _say(bus, call, desk, talk.sound(message, now))
        case Spoken():
            _say(bus, call, desk, talk.spoken(message, now))
            if message.cut:
                _heed(bus, call, desk)


def _heed(bus: Bus, call: int, desk: Desk) -> None:
    """We were cut after all, by words that came late: they are a turn to answer."""
    words, desk.unheeded_words = desk.unheeded_words, None
    desk.unheeded.discard(desk.newest_turn)
    if words is not None:
        _take(bus, call, desk, words)


def _prepare(bus: Bus, call: int, desk: Desk, served: str) -> None:
    """Answer the words at a pause, unheard."""
    before = desk.conversation.checkpoint()
    prepared = desk.ahead.prepare(desk.conversation, served, now_us())
    if prepared is not None:
        desk.before = before
        _rehearse(bus, call, prepared[1])


def _rehearse(bus: Bus, call: int, sentences: list[Sentence]) -> None:
    for sentence in sentences:
        bus.send(call, sentence, Flag.AHEAD)


def _adopt(bus: Bus, call: int, desk: Desk, answer: Prepared, now: int) -> None:
    """The turn is over: what was prepared is said, and its tools run."""
    original, desk.conversation = desk.conversation, answer.talk
    answer.talk.goes_on_from(original, now)
    desk.asked_us, desk.cache_us, desk.waiting = now, 0, None
    _say(bus, call, desk, [answer.kept(), *answer.told], now)
    rest = answer.talk.finish_answer(now_us())
    if rest:
        _say(bus, call, desk, rest, now)


def _throw_away(bus: Bus, call: int, desk: Desk, reason: str) -> None:
    speculated = desk.ahead.throw_away(reason)
    if speculated is not None:
        bus.send(call, speculated)


def _answer(bus: Bus, call: int, desk: Desk, since_us: int) -> None:
    transcript, desk.waiting = desk.waiting, None
    if transcript is None:
        return
    verdict = desk.verdicts.get(transcript.turn)
    cache_us = verdict.cache_us if verdict is not None else since_us - desk.since_us
    served = verdict.template if verdict is not None and verdict.hit else ""
    desk.asked_us, desk.cache_us = since_us, cache_us
    _say(bus, call, desk, desk.conversation.heard(transcript, served, now_us()), since_us, cache_us)


def _go_on(bus: Bus, desks: dict[int, Desk], outages: Outages) -> None:
    """What brains that think have thought of since."""
    for call, desk in desks.items():
        if outages.on(call):
            continue
        if desk.conversation.brain.thinks:
            _say(bus, call, desk, desk.conversation.go_on(now_us()), desk.asked_us, desk.cache_us)
        answer = desk.ahead.answer
        if answer is not None and answer.talk.brain.thinks:
            _rehearse(bus, call, answer.add(answer.talk.go_on(now_us()), now_us()))


def _say(
    bus: Bus, call: int, desk: Desk, messages: list[Message], since_us: int | None = None, cache_us: int = 0
) -> None:
    """Send what the conversation decided; its memory first, so that a crash in between repeats nothing."""
    situation = desk.conversation.brain.situation()
    memory = desk.conversation.checkpoint()
    if desk.ahead.answer is not None and (messages or memory != desk.before):
        _throw_away(bus, call, desk, "something else happened")
    if memory != desk.memory:
        desk.memory = memory
        bus.send(call, Checkpoint("agent", memory))
    for message in messages:
        if isinstance(message, Sentence) and since_us is not None and message.turn:
            message = msgspec.structs.replace(message, llm_us=now_us() - since_us, cache_us=cache_us)
        bus.send(call, message, _flags_of(desk, message))
    if situation != desk.situation:
        desk.situation = situation
        bus.send(call, situation)


def _flags_of(desk: Desk, message: Message) -> Flag:
    if not isinstance(message, Sentence):
        return Flag.NONE
    flags = Flag.OPERATOR if desk.conversation.typed(message) else Flag.NONE
    return flags | (Flag.AGAIN if message.utterance <= desk.anew_until else Flag.NONE)


def _offer_again(bus: Bus, call: int, desk: Desk) -> None:
    for sentence in desk.conversation.unspoken.values():
        bus.send(call, sentence, Flag.AGAIN | _flags_of(desk, sentence))
    if desk.situation is not None:
        bus.send(call, desk.situation, Flag.AGAIN)


def _tick(bus: Bus, desks: dict[int, Desk], outages: Outages) -> None:
    now = now_us()
    for notice in outages.over(now):
        bus.send(notice.call, notice.event)
        desk = desks[notice.call]
        held, desk.held = desk.held, []
        for delivery in held:
            _take(bus, notice.call, desk, delivery.message)
    for call, desk in desks.items():
        if outages.on(call):
            continue
        if desk.waiting is not None and now >= desk.until_us:
            _answer(bus, call, desk, desk.until_us)  # a cache that does not answer is a miss
        elif desk.ahead.words is not None and now >= desk.until_us:
            _prepare(bus, call, desk, "")
        _say(bus, call, desk, operated.tick(desk.conversation, now))


def _next_wake(desks: dict[int, Desk], outages: Outages, planned_us: int | None) -> int | None:
    """A tick that is planned stays planned: other calls' messages must not put it off again and again."""
    if not desks:
        return None
    waiting = [
        desk.until_us
        for call, desk in desks.items()
        if (desk.waiting is not None or desk.ahead.words is not None) and not outages.on(call)
    ]
    settling = [
        settles_us
        for call, desk in desks.items()
        if (settles_us := desk.conversation.settles_us) is not None and not outages.on(call)
    ]
    return min([*waiting, *settling, planned_us or now_us() + TICK_US])


def start(house: House, make_brain: MakeBrain | None = None) -> None:
    """Open the room in this process. make_brain: in place of what the settings name."""
    from datetime import date

    from engine.dialogue.understanding import understand
    from engine.languages import load
    from engine.stores.reservations import ReservationStore

    bus = Bus(
        house,
        Transcript,
        CacheVerdict,
        SpeechStarted,
        SpeechPaused,
        SpeechResumed,
        TurnEnded,
        PlaybackStarted,
        Spoken,
        SoundHeard,
        LanguageSwitched,
        LineState,
        *operated.OF_CALLS,
        Operators,
        InjectEvent,
        RoomStarted,
        CallClosed,
    )
    if make_brain is None:
        make_brain = chosen(house.settings.brain, os.environ, bus.waker())
    store = ReservationStore(house.settings.state_path / "reservations.db")

    def open_conversation(opened: CallOpened) -> Conversation:
        def save(reservation: Reservation, source: str, words: str) -> None:
            try:
                store.save(opened.call_id, opened.task, reservation, source, words)
            except StateError as error:  # the call goes on: its journal keeps the record too
                log.error("%s", error)
                bus.send(0, EngineEvent("error", str(error), "agent"))

        return Conversation(
            opened.task,
            lambda memory: make_brain(opened.task, memory),
            save,
            opened.checkpoint,
            house.settings.operator,
            house.settings.call.hold_s,
        )

    for code in LANGUAGES:  # reading them takes 60 ms each, which the first answer of a call must not pay
        understand("good evening", load(code), date.today())
    language.prepare()
    bus.ready = True
    run(bus, open_conversation)
    store.close()
    bus.close()
