"""A call without the persons in it: names, numbers, addresses and references replaced by stand-ins. Pure.

What is not known to be free of persons is left out and counted, rather than handed on: the sound (a voice is a
person), keys that were pressed, what was understood only in part, stored replies of other calls, and what the house
tells itself.
After replacing, everything is looked through once more by rules of its own (engine/finetune/leaks.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from engine.errors import StateError
from engine.finetune.leaks import leaks, looks_personal
from engine.finetune.personal import Secrets, common, texts_in
from engine.finetune.replacing import Replacer
from engine.finetune.symbols import fold
from engine.protocol import (
    LINE_ENDS,
    BargeIn,
    CallClosed,
    CallState,
    CallTask,
    EndCall,
    Flag,
    LanguageSwitched,
    LineState,
    Message,
    OperatorAct,
    OperatorWords,
    PlaybackStarted,
    RecordingConsent,
    Reservation,
    ReservationChanged,
    Sentence,
    SpeechStarted,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
    TurnEnded,
    TurnLatency,
)

Step = tuple[int, Flag, Message]  # µs since the call began
NAMES_IN = ("digits", "transfer", "send_digits", "place")
"""What an operator asks for with a number, or with a scenario, whose file may be called after somebody."""
NO_SOUND = "the sound is left out: a voice is personal, and names are heard in it"


TITLED = re.compile(
    r"\b(?:mr|mrs|ms|miss|mister|herrn?|frau|fräulein|señora?|señorita|don|doña|de heer|meneer|mevrouw|mijnheer)\.? "
    r"(?P<name>[^\W\d_]{3,})|\b(?P<speaking>[^\W\d_]{3,}) speaking\b",
    re.IGNORECASE,
)  # in all four languages at once: a name may be said in another one


class WithoutPersons(msgspec.Struct, frozen=True):
    """What may be handed on of a call."""

    task: Task
    events: tuple[Step, ...]
    left_out: dict[str, int]  # kind of event → how many of them
    reason: str = ""  # of the outcome


def without_persons(call: str, task: Task, events: Iterable[Step], reason: str = "") -> WithoutPersons:
    """call: its id. Raises StateError when something personal would be left: then nothing may be handed on."""
    steps = list(events)
    messages = [message for _, _, message in steps]
    references = tuple(_references(messages))
    secrets = Secrets(task, call, references)
    for name in _operators(messages):
        for word in name.split():
            if len(word) > 2 and fold(word) not in common(task.language):
                secrets.learn_name(word)
    replacer = Replacer(secrets)
    for message in messages:
        if isinstance(message, Transcript | OperatorWords):
            replacer.learn(message.text, heard=True)
            for name in titled(message.text):
                if name not in common(task.language) and name not in secrets.restaurant:
                    secrets.learn_name(name)
        elif isinstance(message, Sentence | Spoken):
            replacer.learn(message.text, heard=False)
    kept: list[Step] = []
    left_out: Counter[str] = Counter()
    for us, flags, message in steps:
        other = _replaced(message, replacer, secrets)
        if other is None:
            left_out[type(message).__name__] += 1
        else:
            kept.append((us, flags, other))
    result = WithoutPersons(
        _task(task, replacer, secrets),
        tuple(kept),
        dict(sorted(left_out.items())),
        replacer.text(reason),
    )
    found = left_in(result, task, references, [number.other for number in secrets.numbers])
    if found:
        raise StateError(
            f"{call}: cannot be redacted: {', '.join(found)} would be left in it. Nothing was written; "
            "`call-thing calls show` shows the call, and without --redact it is exported as it is."
        )
    return result


def left_in(result: WithoutPersons, task: Task, references: Iterable[str], fine: Iterable[str]) -> list[str]:
    """What personal is in it all the same, in words that do not repeat it. task, references: as they really are."""
    texts = [*texts_in(msgspec.to_builtins(result.task)), result.reason]
    for _, _, message in result.events:
        texts += texts_in(msgspec.to_builtins(message))
    text = "\n. ".join(texts)
    return list(dict.fromkeys([*leaks(text, task, references), *looks_personal(text, fine)]))


def _replaced(message: Message, replacer: Replacer, secrets: Secrets) -> Message | None:
    """The event without persons; None = it is left out."""
    replace, text = msgspec.structs.replace, replacer.text
    match message:
        case BargeIn() | PlaybackStarted() | SpeechStarted() | TurnEnded() | TurnLatency():
            return message
        case Transcript(final=True):
            return replace(message, text=text(message.text), dropped=text(message.dropped))
        case OperatorWords():
            return replace(message, text=text(message.text))
        case Sentence():
            return replace(message, text=text(message.text), template="", pending=text(message.pending))
        case Spoken(done=True):
            return replace(message, text=text(message.text))
        case ToolCalled():
            arguments = replacer.arguments(message.arguments)
            return replace(message, arguments=arguments, result=text(message.result))
        case ReservationChanged():
            agreed = _reservation(message.reservation, replacer)
            return replace(message, reservation=agreed, words=text(message.words))
        case CallTask():
            return CallTask(_task(message.task, replacer, secrets))
        case CallState():
            return replace(
                message,
                restaurant=secrets.other_restaurant,
                reason=text(message.reason),
                scenario="",
                journal="",
            )
        case RecordingConsent():
            return replace(message, words=text(message.words))
        case LineState():
            return replace(message, reason=message.reason if message.reason in LINE_ENDS else "", detail="")
        case EndCall() | CallClosed() | LanguageSwitched():
            return replace(message, reason=text(message.reason))
        case OperatorAct(action=action):
            words = "" if action in NAMES_IN else text(message.words)
            return replace(message, by="operator", words=words, refused=text(message.refused))
    return None


def _task(task: Task, replacer: Replacer, secrets: Secrets) -> Task:
    return msgspec.structs.replace(secrets.task(task), wishes=replacer.text(task.wishes))


def _reservation(agreed: Reservation, replacer: Replacer) -> Reservation:
    texts = {"name": agreed.name, "phone": agreed.phone, "reference": agreed.reference}
    said = {field: replacer.text(words) for field, words in agreed.confirmed_by.items()}
    return msgspec.structs.replace(agreed, **replacer.arguments(texts), confirmed_by=said)


def titled(text: str) -> Iterator[str]:
    """Words that follow a title, or that somebody says to be; folded."""
    for found in TITLED.finditer(text):
        yield fold(found["name"] or found["speaking"])


def _references(messages: Iterable[Message]) -> Iterator[str]:
    for message in messages:
        if isinstance(message, ToolCalled) and message.arguments.get("reference"):
            yield str(message.arguments["reference"])
        elif isinstance(message, ReservationChanged) and message.reservation.reference:
            yield message.reservation.reference


def _operators(messages: Iterable[Message]) -> set[str]:
    return {message.by for message in messages if isinstance(message, OperatorAct) and message.by}
