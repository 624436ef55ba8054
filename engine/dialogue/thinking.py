"""One event to the brain, and its moves as messages: sentences, tool calls, words for operators. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from engine.brains.base import Brain
from engine.dialogue.approvals import ASKING
from engine.dialogue.moves import (
    Consent,
    Event,
    Finish,
    HandedBack,
    Heard,
    Move,
    Said,
    Say,
    Spent,
    ToolResult,
    UseTool,
)
from engine.dialogue.operator_words import OPERATOR
from engine.dialogue.speech import Speech
from engine.dialogue.toolbox import WRITES, Occasion, Toolbox
from engine.protocol import (
    BrainUse,
    DialogueState,
    EngineEvent,
    LanguageCode,
    Message,
    Outcome,
    RecordingConsent,
    Sentence,
    ToolCalled,
)

MAX_TOOL_ROUNDS = 4  # a brain that answers every tool result with another tool is stopped here
LAST_LINES = 4  # of a take-over, which stand for what was agreed in it


class Left(msgspec.Struct, frozen=True):
    """Moves of an answer from a tool on: they are made once the answer is wanted, or what it answers is settled."""

    moves: tuple[Move, ...]
    upon: Occasion
    situation: DialogueState  # in which the turn was heard
    served: bool = False
    unsettled: bool = False  # the first of them records what they may still take back


class Thought(NamedTuple):
    """What came of one event."""

    told: list[Message]
    speaks: bool  # there are sentences among them
    unsaid: int  # sentences that were dropped, since the agent is silenced
    asks: bool  # the person is being asked something
    ends_with: tuple[Outcome, str] | None  # the end has been decided
    left: Left | None = None


def think(
    brain: Brain,
    tools: Toolbox,
    speech: Speech,
    event: Event,
    upon: Occasion,
    language: LanguageCode,
    silenced: bool,
    now_us: int,
    ahead: bool = False,
    settled: bool = True,
) -> Thought:
    """Tell the brain, until it has nothing more to use. What it would say while silenced it hears of as cut.

    upon: what the sentences answer and tools are used upon. The utterance stays open while the brain thinks on.
    ahead: it is not known whether the answer is wanted: nothing is done but speaking.
    settled: see `make`.
    """
    situation, served = brain.situation(), isinstance(event, Heard) and bool(event.served)
    moves = tuple(brain.step(event))
    if ahead:
        waits = (
            n for n, move in enumerate(moves) if isinstance(move, UseTool | Finish) or _records(move, upon)
        )
        first = next(waits, len(moves))
        said = Left(moves[:first], upon, situation, served)
        left = Left(moves[first:], upon, situation, served) if moves[first:] else None
        return make(brain, tools, speech, said, language, silenced, now_us, left)
    wanted = Left(moves, upon, situation, served)
    return make(brain, tools, speech, wanted, language, silenced, now_us, settled=settled)


def make(
    brain: Brain,
    tools: Toolbox,
    speech: Speech,
    wanted: Left,
    language: LanguageCode,
    silenced: bool,
    now_us: int,
    left: Left | None = None,
    settled: bool = True,
) -> Thought:
    """Make these moves, and those that the brain answers their results with.

    left: what is not to be made yet. settled: False: the far end may go on yet, and nothing is recorded upon its words.
    """
    upon = wanted.upon
    told: list[Message] = []
    unsaid, asks, ends_with = 0, False, None
    moves = wanted.moves
    for rounds in range(1, MAX_TOOL_ROUNDS + 1):
        results: list[Event] = []
        waits = None if settled else next((n for n, move in enumerate(moves) if _records(move, upon)), None)
        if waits is not None:
            left = msgspec.structs.replace(wanted, moves=moves[waits:], unsettled=True)
            moves = moves[:waits]
        for move in moves:
            if isinstance(move, Say) and silenced:
                unsaid += 1
            elif isinstance(move, Say):
                told.append(speech.add(_sentence(move, wanted, language)))
            elif isinstance(move, UseTool):
                messages, result = _refused(move, upon) if move.refused else tools.use(move, upon, now_us)
                told += messages
                results += [result] if result is not None else []
                asks = asks or (result is None and move.tool == ASKING)
            elif isinstance(move, Finish):
                ends_with = (move.outcome, move.reason)
            elif isinstance(move, Spent):
                told.append(use_of(move, upon.turn))
            elif isinstance(move, Consent):
                told.append(RecordingConsent(move.state, move.words, move.turn))
            else:
                told.append(EngineEvent("info" if move.understood else "warning", move.text, "agent"))
        if not results or rounds == MAX_TOOL_ROUNDS:
            break
        moves = tuple(move for each in results for move in brain.step(each))
    if not brain.thinks and left is None:
        told += speech.end(upon.turn, language)
    for _ in range(unsaid):
        list(brain.step(Said(text="", cut=True)))
    speaks = any(isinstance(message, Sentence) for message in told)
    return Thought(told, speaks, unsaid, asks, ends_with, left)


def _records(move: Move, upon: Occasion) -> bool:
    """Whether it writes down what the far end has just said, or lets its voice be kept."""
    if isinstance(move, Consent):
        return move.state == "given"  # "yes … but not my voice"
    return isinstance(move, UseTool) and move.tool in WRITES and not move.refused and not upon.by_operator


def _refused(move: UseTool, upon: Occasion) -> tuple[list[Message], ToolResult]:
    """By the brain itself; recorded like every other refusal."""
    called = ToolCalled(move.tool, move.arguments, move.refused, refused=True, turn=upon.turn)
    return [called], ToolResult(tool=move.tool, refused=True, reason=move.refused)


def use_of(move: Spent, turn: int) -> BrainUse:
    """What a turn took, as it is told."""
    return BrainUse(
        model=move.model,
        tokens_in=move.tokens_in,
        tokens_out=move.tokens_out,
        usd=move.usd,
        requests=move.requests,
        first_token_us=move.first_token_us,
        fallback=bool(move.fallback),
        reason=move.fallback,
        turn=turn,
    )


def _sentence(move: Say, answer: Left, language: LanguageCode) -> Sentence:
    """Not numbered yet."""
    return Sentence(
        utterance=0,
        index=0,
        last=False,
        turn=answer.upon.turn,
        text=move.text,
        language=language,
        expects=move.expects,
        template=move.template,
        state=answer.situation.state,
        pending=answer.situation.pending,
        from_cache=answer.served,
    )


def occasion_of(event: Event, turn: int) -> Occasion:
    """What the moves that answer `event` are upon. turn: of the far end, which they answer; 0 = none."""
    if isinstance(event, Heard):
        return Occasion(event.text, turn, by_operator=False)
    if isinstance(event, HandedBack):
        words = event.agreed or " / ".join(text for _, text in event.said[-LAST_LINES:])
        return Occasion(words, turn, by_operator=_stood_behind(event))
    return Occasion("", turn, by_operator=False)


def _stood_behind(event: HandedBack) -> bool:
    """Whether an operator's own word is behind what came of the take-over, so that nobody need approve it.

    Whoever was lost, or never said a word, has agreed to nothing, whatever the far end said meanwhile.
    """
    spoke = any(who == OPERATOR for who, _ in event.said)
    return bool(event.agreed.strip()) or (spoke and not event.lost)
