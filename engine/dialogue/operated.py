"""What operators do to a conversation: speak in it, whisper, silence it, decide, take it over, give it back. Pure."""

from __future__ import annotations

import msgspec

from engine.dialogue.conversation import Conversation
from engine.dialogue.moves import (
    Attended,
    HandedBack,
    MaySpeak,
    OperatorSaid,
    Overheard,
    Said,
    Whispered,
)
from engine.dialogue.operator_words import allowed_by_whisper, allowed_in
from engine.dialogue.silence import Reason, Silence
from engine.dialogue.speech import audible
from engine.dialogue.spoken import speakable
from engine.protocol import (
    AgentSilenced,
    DecideTool,
    ForceLanguage,
    Message,
    OperatorLeft,
    Operators,
    OperatorWords,
    SayLine,
    Sentence,
    Whisper,
)

NEED_THE_BRAIN = (Whisper, AgentSilenced, OperatorLeft, OperatorWords, DecideTool, ForceLanguage)
OF_CALLS = (SayLine, *NEED_THE_BRAIN)


def take(talk: Conversation, message: Message, now_us: int) -> list[Message]:
    """Something that an operator did, one of OF_CALLS or Operators; returns the messages to send."""
    settled = [] if isinstance(message, Operators) else talk.ours.finish_answer(now_us, at_once=True)
    return settled + _take(talk, message, now_us)


def _take(talk: Conversation, message: Message, now_us: int) -> list[Message]:
    match message:
        case SayLine(text=text):
            return say_line(talk, text, now_us)
        case Whisper(text=text):
            return whisper(talk, text, now_us)
        case AgentSilenced(reason=reason):
            return silence(talk, reason, now_us)
        case OperatorLeft():
            if talk.ours.silence.reason == "operator":  # the word to speak again follows it
                talk.ours.silence = msgspec.structs.replace(talk.ours.silence, left=message)
            return []
        case OperatorWords():
            return operator_words(talk, message, now_us)
        case DecideTool():
            messages, result = talk.ours.tools.decide(message)
            return messages + (talk.ours.step(result, 0, now_us) if result is not None else [])
        case ForceLanguage(language=language):
            return talk.speaks(language, "operator", now_us)
        case Operators(names=names):
            return operators(talk, bool(names), now_us)
    raise TypeError(f"{type(message).__name__} is nothing that an operator does to a conversation")


def reopened(
    talk: Conversation, silenced: Reason, now_us: int, left: OperatorLeft | None = None
) -> list[Message]:
    """After a restart: what waits is told again; whether the agent is silenced may have changed meanwhile.

    left: how the last take-over ended, where that one is over.
    """
    waiting: list[Message] = [request.told() for request in talk.ours.tools.waiting]
    if left is not None:
        take(talk, left, now_us)
    return waiting + silence(talk, silenced, now_us)


def say_line(talk: Conversation, text: str, now_us: int) -> list[Message]:
    """An utterance of its own, in turn, with its figures as words.

    What was heard while the agent is muted is answered with it.
    """
    line = speakable(audible(text), talk.language)
    if not line or talk.ours.silence.reason == "operator":
        return []
    told: list[Message] = []
    answered, talk.ours.silence = talk.ours.silence, msgspec.structs.replace(talk.ours.silence, unanswered=())
    for transcript in answered.unanswered:
        told += talk.ours.step(Overheard(text=transcript.text), 0, now_us)
    return [*told, *talk.ours.speech.line("operator", line, talk.language)]


def whisper(talk: Conversation, text: str, now_us: int) -> list[Message]:
    """What it allows is decided here, whatever the brain makes of it."""
    allows = allowed_by_whisper(text, talk.task, talk.language)
    talk.ours.tools.grant(allows)
    return talk.ours.step(Whispered(text=text, allows=allows), 0, now_us)


def silence(talk: Conversation, reason: Reason, now_us: int) -> list[Message]:
    """The agent is off the line, or may speak again."""
    if reason == talk.ours.silence.reason:
        return []
    if not reason:
        return _speak_again(talk, now_us)
    talk.ours.silence = talk.ours.silence.begun(reason)
    if talk.ours.just_cut(now_us):  # playback was told first
        talk.ours.silence = msgspec.structs.replace(talk.ours.silence, cut=True)
    talk.quiet_from(now_us)
    if talk.brain.thinks:
        talk.ours.silence = msgspec.structs.replace(talk.ours.silence, cut=True)
    told = talk.ours.drop_thought()
    for fate in talk.ours.speech.drop():
        if fate.whose == "brain":
            talk.ours.silence = msgspec.structs.replace(talk.ours.silence, cut=True)
            told += talk.ours.step(Said(text=fate.text, cut=fate.cut), 0, now_us)
    return told


def _speak_again(talk: Conversation, now_us: int) -> list[Message]:
    was = talk.ours.silence
    talk.quiet_from(now_us)
    if was.reason == "operator":
        if was.left is not None and was.left.lost:
            holds_us = talk.ours.rules.holds_s * 1_000_000
            talk.ours.silence = Silence(said=was.said, left=was.left, holds_until_us=now_us + holds_us)
            return talk.ours.one_moment(now_us)
        talk.ours.silence = msgspec.structs.replace(was, reason="")
        return hand_back(talk, now_us)
    talk.ours.silence = msgspec.structs.replace(was, reason="", unanswered=(), cut=False)
    told: list[Message] = []
    if was.unanswered:
        told = talk.answer(was.as_one_turn(), "", now_us)
    if was.cut and not talk.ours.waits and not any(isinstance(message, Sentence) for message in told):
        told += talk.ours.step(MaySpeak(), 0, now_us)
    return told + talk.ours.end_when_said()


def hand_back(talk: Conversation, now_us: int) -> list[Message]:
    """The call is the agent's again: what the operator agreed to is allowed, and what waited waits no longer."""
    was, talk.ours.silence = talk.ours.silence, Silence(reason=talk.ours.silence.reason)
    left = was.left or OperatorLeft(lost=True)  # nobody knows how it ended: a restart fell into it
    told = talk.ours.tools.drop()
    allowed = talk.ours.tools.grant(allowed_in(left.agreed, was.said, talk.task, talk.language))
    ended = talk.ours.ending.decided
    talk.ours.ending.reopen()
    event = HandedBack(agreed=left.agreed, said=was.said, lost=left.lost, allowed=allowed)
    told += talk.ours.step(event, 0, now_us)
    if talk.ours.ending.decided is None and not talk.unspoken and not talk.brain.thinks:
        talk.ours.ending.decided = ended  # it has nothing to add
    return told


def operator_words(talk: Conversation, words: OperatorWords, now_us: int) -> list[Message]:
    """What an operator said aloud; each once, though it may be offered again after a restart."""
    if words.utterance <= talk.operator_words:
        return []
    talk.operator_words = words.utterance
    if talk.ours.silence.reason == "operator" or talk.ours.silence.holds:
        talk.ours.silence = talk.ours.silence.with_operator(words.text)
        return []
    return talk.ours.step(OperatorSaid(text=words.text), 0, now_us)


def operators(talk: Conversation, there: bool, now_us: int) -> list[Message]:
    """Somebody is there to decide, or nobody is any more."""
    before = talk.ours.tools.may_ask
    talk.ours.tools.attended = there
    if talk.ours.tools.may_ask == before:
        return []
    return talk.ours.step(Attended(may_ask=talk.ours.tools.may_ask), 0, now_us)


def tick(talk: Conversation, now_us: int) -> list[Message]:
    """Time passes. Nobody has come back to a take-over that was lost: the agent goes on by itself."""
    if talk.ours.silence.holds and now_us >= talk.ours.silence.holds_until_us:
        return hand_back(talk, now_us)
    return talk.tick(now_us)
