"""Whatever operators and the far end do, in whatever order, with an agent that dies now and then: what always holds."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from engine.protocol import (
    DecideTool,
    EndCall,
    ForceLanguage,
    OperatorLeft,
    Operators,
    ReservationChanged,
    SayLine,
    Sentence,
    ToolDecided,
    ToolPending,
    Whisper,
)
from engine.settings import OperatorSettings
from tests.fakes.talking import AVAILABLE, LANGUAGE_CODES, OFFERS_TEN, YES, TalkedCall

STEPS = 40
TEXTS = [
    "",
    "booked for ten pm",
    "ask for a high chair",
    "ten pm is fine",
    "fully booked",
    "gebucht",
    "{wish}",
    "\x00 ?",
]
Step = Callable[[TalkedCall, random.Random], str]


def _decides(call: TalkedCall, dice: random.Random) -> str:
    edited = dice.choice([{}, {"time": "21:00"}, {"time": "later"}, {"party_size": "3"}])
    number = dice.randint(1, 1 + max((pending.request for pending in call.all(ToolPending)), default=1))
    return call.operator(DecideTool(number, dice.random() < 0.6, edited, "words", by="anna"))


STEPS_OF: list[Step] = [
    lambda call, dice: call.hears(dice.choice([AVAILABLE, YES, OFFERS_TEN])[call.task.language]),
    lambda call, dice: call.hears(
        dice.choice(["hello", "for how many people", "", "goodbye", "one moment please"])
    ),
    lambda call, dice: call.operator(SayLine(dice.choice(TEXTS))),
    lambda call, dice: call.operator(Whisper(dice.choice(TEXTS))),
    lambda call, dice: call.silenced(dice.choice(["", "muted", "operator"])),
    lambda call, dice: call.operator(OperatorLeft(dice.choice(TEXTS), dice.random() < 0.3, "anna")),
    lambda call, dice: call.operator_says(dice.choice(TEXTS)),
    lambda call, dice: call.operator(ForceLanguage(dice.choice(LANGUAGE_CODES))),
    lambda call, dice: call.take(call.talk.speaks(dice.choice(LANGUAGE_CODES), "far end", call.now_us)),
    lambda call, dice: call.operator(Operators(dice.choice([(), ("anna",)]))),
    lambda call, dice: call.waits(dice.choice([1, 5, 12, 25])),
    lambda call, dice: call.restart(),
    _decides,
]


def begun(call: TalkedCall, dice: random.Random) -> None:
    """A call in one of the places that matter."""
    call.there("anna").opened()
    language = call.task.language
    for words in dice.choice(
        [(), (AVAILABLE,), (AVAILABLE, YES), (OFFERS_TEN,), (OFFERS_TEN, OFFERS_TEN)]
    ):  # up to what waits for anna
        call.hears(words[language])


@pytest.mark.parametrize("seed", range(60))
def test_what_always_holds(seed):
    dice = random.Random(seed)
    rules = OperatorSettings(approve=dice.choice([(), ("book",), ("book", "decline")]))
    call = TalkedCall(rules, language=dice.choice(LANGUAGE_CODES))
    begun(call, dice)
    for _ in range(STEPS):
        call.plays = dice.random() < 0.8
        silenced, told = call.talk.ours.silence.reason, len(call.told)
        dice.choice(STEPS_OF)(call, dice)
        new = call.told[told:]
        if silenced and call.talk.ours.silence.reason == silenced:
            assert all(call.typed(sentence) for sentence in new if isinstance(sentence, Sentence))
            assert not any(isinstance(message, EndCall) for message in new)
        before = call.talk.checkpoint()
        call.restart()
        assert call.talk.checkpoint() == before
    settled = [decided.request for decided in call.all(ToolDecided)]
    assert len(settled) == len(set(settled))
    assert set(settled) <= {pending.request for pending in call.all(ToolPending)}
    assert len(call.saved) == len(call.all(ReservationChanged))


@pytest.mark.parametrize("seed", range(20))
def test_a_call_that_is_left_alone_afterwards_ends(seed):
    dice = random.Random(1000 + seed)
    call = TalkedCall(OperatorSettings(approve=("book",)))
    begun(call, dice)
    for _ in range(STEPS // 2):
        dice.choice(STEPS_OF)(call, dice)
    call.plays = True
    for sentence in list(call.talk.unspoken.values()):
        call.take([sentence])
    call.operator(OperatorLeft("", by="anna"))
    call.silenced("")
    call.waits(300, step_s=1)
    assert call.outcome
