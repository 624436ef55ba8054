"""Whatever a model, operators and the far end do, in any order, in a room that dies now and then: what always holds."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable

import pytest

from engine.brains.failures import Failure
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
from tests.fakes.model_call import ModelledCall
from tests.fakes.talking import AVAILABLE, OFFERS_TEN, TASK, YES

STEPS = 50
BOOKING = {
    "date": TASK.date, "time": TASK.time, "party_size": 4, "name": TASK.name, "phone": None, "reference": None,
}  # fmt: skip
READ_BACK = (
    "So that is a table for four people, on Friday the 27th of November, at half past seven p m, "
    "under the name Anna Walker, is that right?"
)
BROKEN = Failure(words="the connection broke off", again=True)
BOOK, END = ("book", BOOKING), ("end_call", {"reason": "done"})
ASKS = ("ask_principal", {"question": "Ten?", "date": TASK.date, "time": "22:00"})
Said = Callable[[ModelledCall], None]
ANSWERS: list[Said] = [
    lambda call: call.model.says("For four, please."),
    lambda call: call.model.says("One thing.", "Another thing."),
    lambda call: call.model.says(READ_BACK),
    lambda call: call.model.says(READ_BACK),
    lambda call: call.model.says(calls=(BOOK,)),
    lambda call: call.model.says("One moment.", calls=(BOOK,)),
    lambda call: call.model.says(calls=(BOOK, END)),
    lambda call: call.model.says("Goodbye.", calls=(END,)),
    lambda call: call.model.says(calls=(END,)),
    lambda call: call.model.says(calls=(("book", "{nope"),)),
    lambda call: call.model.says(calls=(("book", {**BOOKING, "time": "22:00"}),)),
    lambda call: call.model.says(calls=(("decline", {"reason": "full"}),)),
    lambda call: call.model.says("One moment, I will ask.", calls=(ASKS,)),
    lambda call: call.model.says(calls=(("leave_message", {"text": "A table. We call again."}),)),
    lambda call: call.model.says(calls=(("wait_on_hold", {}),)),
    lambda call: call.model.says(calls=(("press_digits", {"digits": "1"}), BOOK)),
    lambda call: call.model.says(),
    lambda call: call.model.says(last=BROKEN),
    lambda call: call.model.says("I was about", last=BROKEN),
]
HEARD = ["hello", "for how many people", "", "goodbye", "one moment please", "press one for reservations"]
TEXTS = ["", "booked for ten pm", "ask for a high chair", "fully booked"]
Step = Callable[[ModelledCall, random.Random], object]


def _answers(call: ModelledCall, dice: random.Random) -> None:
    dice.choice(ANSWERS)(call)
    call.goes_on()


def _decides(call: ModelledCall, dice: random.Random) -> str:
    number = dice.randint(1, 1 + max((pending.request for pending in call.all(ToolPending)), default=1))
    return call.operator(DecideTool(number, dice.random() < 0.6, {}, "words", by="anna"))


STEPS_OF: list[Step] = [
    *[_answers] * 5,
    *[lambda call, dice: call.hears(YES["en"])] * 2,
    lambda call, dice: call.hears(AVAILABLE["en"]),
    lambda call, dice: call.hears(OFFERS_TEN["en"]),
    lambda call, dice: call.hears(dice.choice(HEARD)),
    lambda call, dice: dice.choice(ANSWERS)(call),  # and the room has not been woken yet
    lambda call, dice: call.goes_on(),
    lambda call, dice: call.cuts_in(dice.randint(0, 9)),
    lambda call, dice: call.plays_all(),
    lambda call, dice: call.operator(SayLine(dice.choice(TEXTS))),
    lambda call, dice: call.operator(Whisper(dice.choice(TEXTS))),
    lambda call, dice: call.silenced(dice.choice(["", "", "muted", "operator"])),
    lambda call, dice: call.operator(OperatorLeft(dice.choice(TEXTS), dice.random() < 0.3, "anna")),
    lambda call, dice: call.operator_says(dice.choice(TEXTS)),
    lambda call, dice: call.operator(ForceLanguage(dice.choice(["en", "de"]))),
    lambda call, dice: call.take(call.talk.speaks(dice.choice(["en", "de"]), "far end", call.now_us)),
    lambda call, dice: call.operator(Operators(dice.choice([(), ("anna",)]))),
    lambda call, dice: call.waits(dice.choice([1, 5, 12, 25])),
    lambda call, dice: call.restart(),
    _decides,
]


def lived(seed: int) -> ModelledCall:
    """A call as the dice have it, until it ends or has gone on for long enough; every step is looked at."""
    dice = random.Random(seed)
    call = ModelledCall(OperatorSettings(approve=dice.choice([(), ("book",), ("book", "decline")])))
    if dice.random() < 0.6:
        call.there("anna")
    call.take(call.talk.answered(call.now_us))
    for _ in range(STEPS):
        call.plays = dice.random() < 0.7
        silenced, told = call.talk.ours.silence.reason, len(call.told)
        dice.choice(STEPS_OF)(call, dice)
        if silenced and call.talk.ours.silence.reason == silenced:
            new = call.told[told:]
            assert all(call.typed(sentence) for sentence in new if isinstance(sentence, Sentence))
            assert not any(isinstance(message, EndCall) for message in new)
        assert_utterances_are_whole(call)
        if call.outcome:
            break
    return call


def assert_utterances_are_whole(call: ModelledCall) -> None:
    """Sentences are numbered without a gap, and what is over has one end."""
    utterances = defaultdict[int, list[Sentence]](list)
    for sentence in call.all(Sentence):
        utterances[sentence.utterance].append(sentence)
    for number, sentences in utterances.items():
        assert [sentence.index for sentence in sentences] == list(range(len(sentences)))
        assert not any(sentence.last for sentence in sentences[:-1])
        may_go_on = number == max(utterances) and call.talk.brain.thinks
        assert sentences[-1].last or may_go_on


@pytest.mark.parametrize("seed", range(60))
def test_what_always_holds(seed):
    call = lived(seed)
    settled = [decided.request for decided in call.all(ToolDecided)]
    assert len(settled) == len(set(settled))
    assert len(call.saved) == len(call.all(ReservationChanged))
    assert {record.status for record, _, _ in call.saved} <= {"booked", "declined"}


@pytest.mark.parametrize("seed", range(2000, 2060))
def test_a_call_that_is_left_alone_afterwards_ends_as_the_record_says(seed):
    call = lived(seed)
    call.plays = True
    if not call.outcome:
        call.plays_all()
        call.operator(OperatorLeft("", by="anna"))
        call.silenced("")
    for step in range(1200):
        if call.outcome:
            break
        ANSWERS[step % 3 if step % 7 else -1](call)
        call.goes_on()
        call.plays_all()
        call.waits(0.25)
    assert len(call.all(EndCall)) == 1
    assert (call.outcome == "booked") == (call.talk.reservation.status == "booked")
