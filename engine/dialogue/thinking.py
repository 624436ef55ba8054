"""One event to the brain, and its moves as messages: sentences, tool calls, words for operators. Pure."""

from __future__ import annotations

from typing import NamedTuple

from engine.brains.base import Brain
from engine.dialogue.approvals import ASKING
from engine.dialogue.moves import Event, Finish, HandedBack, Heard, Said, Say, UseTool
from engine.dialogue.operator_words import OPERATOR
from engine.dialogue.speech import Speech
from engine.dialogue.toolbox import Occasion, Toolbox
from engine.protocol import DialogueState, EngineEvent, LanguageCode, Message, Outcome, Sentence

MAX_TOOL_ROUNDS = 4  # a brain that answers every tool result with another tool is stopped here
LAST_LINES = 4  # of a take-over, which stand for what was agreed in it


class Thought(NamedTuple):
    """What came of one event."""

    told: list[Message]
    speaks: bool  # there are sentences among them
    unsaid: int  # sentences that were dropped, since the agent is silenced
    asks: bool  # the person is being asked something
    ends_with: tuple[Outcome, str] | None  # the end has been decided


def think(
    brain: Brain,
    tools: Toolbox,
    speech: Speech,
    event: Event,
    turn: int,
    language: LanguageCode,
    silenced: bool,
    now_us: int,
) -> Thought:
    """Tell the brain, until it has nothing more to use. What it would say while silenced it hears of as cut.

    turn: of the far end, which the sentences answer; 0 = none.
    """
    situation = brain.situation()
    told: list[Message] = []
    unsaid, asks, ends_with = 0, False, None
    events: list[Event] = [event]
    for _ in range(MAX_TOOL_ROUNDS):
        if not events:
            break
        for move in brain.step(events.pop(0)):
            if isinstance(move, Say) and silenced:
                unsaid += 1
            elif isinstance(move, Say):
                told.append(speech.add(_sentence(move, event, turn, language, situation)))
            elif isinstance(move, UseTool):
                messages, result = tools.use(move, _occasion(event), now_us)
                told += messages
                if result is not None:
                    events.append(result)
                asks = asks or (result is None and move.tool == ASKING)
            elif isinstance(move, Finish):
                ends_with = (move.outcome, move.reason)
            else:
                told.append(EngineEvent("info" if move.understood else "warning", move.text, "agent"))
    ended = speech.end(turn, language)
    for _ in range(unsaid):
        list(brain.step(Said(text="", cut=True)))
    return Thought([*told, *ended], bool(ended), unsaid, asks, ends_with)


def _sentence(
    move: Say, event: Event, turn: int, language: LanguageCode, situation: DialogueState
) -> Sentence:
    """Not numbered yet."""
    return Sentence(
        utterance=0,
        index=0,
        last=False,
        turn=turn,
        text=move.text,
        language=language,
        expects=move.expects,
        template=move.template,
        state=situation.state,
        pending=situation.pending,
        from_cache=isinstance(event, Heard) and bool(event.served),
    )


def _occasion(event: Event) -> Occasion:
    if isinstance(event, Heard):
        return Occasion(event.text, event.turn, by_operator=False)
    if isinstance(event, HandedBack):
        words = event.agreed or " / ".join(text for _, text in event.said[-LAST_LINES:])
        return Occasion(words, 0, by_operator=_stood_behind(event))
    return Occasion("", 0, by_operator=False)


def _stood_behind(event: HandedBack) -> bool:
    """Whether an operator's own word is behind what came of the take-over, so that nobody need approve it.

    Whoever was lost, or never said a word, has agreed to nothing, whatever the far end said meanwhile.
    """
    spoke = any(who == OPERATOR for who, _ in event.said)
    return bool(event.agreed.strip()) or (spoke and not event.lost)
