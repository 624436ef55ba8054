"""agent: a turn that was judged over goes on: both halves are one, and nothing was recorded on the first."""

from __future__ import annotations

import pytest

from engine.brains.scripted import Scripted
from engine.dialogue.conversation import Conversation
from engine.protocol import (
    CallOpened,
    Checkpoint,
    EndCall,
    Flag,
    SayLine,
    Sentence,
    SpeechStarted,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
    TurnEnded,
)
from engine.settings import CacheSettings, Settings
from engine.workers import agent
from tests.fakes.fake_bus import Do, Wait, heard

TASK = Task(
    restaurant="Harbour Kitchen",
    today="2025-06-02",
    date="2025-06-06",
    time="19:00",
    party_size=4,
    name="Anna Berg",
    phone="+44 20 7946 0123",
    accept_until="20:00",
)
SILENT_MS = 250  # after which a turn is judged over


class Call:
    """A call between fake neighbours, in steps of its own."""

    def __init__(self, bus, checkpoint: bytes = b"", turn: int = 0) -> None:
        self.bus, self.steps, self.turn, self.at_ms = bus, [], turn, turn * 10_000
        self.saved: list[object] = []
        room = "agent" if checkpoint else ""
        self.steps.append(heard(CallOpened(TASK, "c", "simulated", 0, room, checkpoint, answered=True)))

    def began(self, pause_ms: int):
        self.turn += 1
        self.at_ms += pause_ms
        self.steps += [Wait(pause_ms), heard(SpeechStarted(self.turn, self.at_ms))]
        return self

    def ended(self, text: str, length_ms: int = 1200, under_our_voice: bool = False):
        start_ms, self.at_ms = self.at_ms, self.at_ms + length_ms
        decided_ms = self.at_ms + SILENT_MS
        over = TurnEnded(
            self.turn, start_ms, self.at_ms, decided_ms, SILENT_MS, "", under_our_voice=under_our_voice
        )
        words = Transcript(self.turn, text, True, "en", 0.9, start_ms, self.at_ms)
        self.steps += [Wait(length_ms + SILENT_MS), heard(over), heard(words, flags=Flag.FINAL)]
        self.at_ms = decided_ms
        return self

    def says(self, text: str, pause_ms: int = 2000, **how):
        return self.began(pause_ms).ended(text, **how)

    def run(self, *more):
        self.bus.steps = [*self.steps, *more]
        self.steps = []

        def open_conversation(opened):
            return Conversation(
                opened.task,
                lambda memory: Scripted(TASK, "en", memory),
                lambda *change: self.saved.append(change),
                opened.checkpoint,
            )

        agent.run(self.bus, open_conversation)
        return self

    def statuses(self) -> list[str]:
        return [change[0].status for change in self.saved]

    def texts(self, turn: int) -> list[str]:
        return [s.text for s in self.bus.said(Sentence) if s.turn == turn and s.text]


@pytest.fixture
def bus(bus_of):
    return bus_of("agent", Settings(cache=CacheSettings(enabled=False)))


def talked(*turns: str) -> tuple[bytes, list[Sentence]]:
    """The memory of a call in which these turns were answered and each answer was heard; and the last of them."""
    talk = Conversation(TASK, lambda memory: Scripted(TASK, "en", memory), lambda *_: None)
    told: list[object] = talk.answered(0)
    for number, text in enumerate(turns, start=1):
        start_ms = number * 10_000
        told = talk.heard(Transcript(number, text, True, "en", 0.9, start_ms, start_ms + 900), "", 0)
        for s in [each for each in told if isinstance(each, Sentence)]:
            talk.spoken(Spoken(s.utterance, s.index, s.text, True, s.last), 0)
    return talk.checkpoint(), [each for each in told if isinstance(each, Sentence)]


@pytest.fixture
def asked(bus):
    """A call that waits for the yes to what was read back."""
    memory, said = talked("Good evening, Harbour Kitchen.", "Yes, we have a table for you.")
    assert "is that right" in said[0].text
    return Call(bus, memory, turn=2)


def test_a_yes_is_recorded_once_they_have_been_silent_for_long_enough(asked):
    at_first: list[int] = []
    asked.says("Yes, that is right.").steps.append(Wait(400))
    asked.run(Do(lambda: at_first.append(len(asked.saved))), Wait(100))
    assert at_first == [0]
    assert asked.statuses() == ["booked"]
    assert "goodbye" in asked.texts(3)[-1]


@pytest.mark.parametrize("pause_ms", [50, 200, 400])
@pytest.mark.parametrize(
    ("first", "rest"),
    [
        ("Yes.", "But not at seven."),
        ("Yes.", "No, wait, we are full."),
        ("Yes.", "At eight."),
        ("That is right.", "If you pay a deposit."),
    ],
)
def test_nothing_is_booked_on_the_first_half_of_a_turn(asked, pause_ms, first, rest):
    asked.says(first, length_ms=300).says(rest, pause_ms=pause_ms).run(Wait(3000))
    assert "booked" not in asked.statuses()
    assert not [called for called in asked.bus.said(ToolCalled) if called.tool == "book"]
    assert asked.texts(4)


def test_a_yes_that_goes_on_as_a_yes_books_once_with_all_of_its_words(asked):
    asked.says("Yes.", length_ms=300).says("That is right.", pause_ms=100).run(Wait(3000))
    assert [words for _, _, words in asked.saved] == ["Yes That is right."]


@pytest.mark.parametrize("noise", ["dropped", "under our voice"])
def test_a_noise_after_a_yes_takes_nothing_back(asked, noise):
    asked.says("Yes.", length_ms=300).says(
        "", pause_ms=100, length_ms=200, under_our_voice=noise != "dropped"
    ).run(Wait(3000))
    assert asked.statuses() == ["booked"]


def test_words_of_somebody_who_went_on_are_waited_for(asked):
    asked.says("Yes.", length_ms=300).began(100).ended("But not at seven.")
    words = asked.steps.pop()  # the recogniser is slow
    asked.steps += [Wait(1500), words]
    asked.run(Wait(1500))
    assert "booked" not in asked.statuses()


def test_words_that_never_come_do_not_keep_a_yes_from_being_recorded(asked):
    asked.says("Yes.", length_ms=300).began(100).ended("lost")
    asked.steps.pop()
    asked.run(Wait(4000))
    assert asked.statuses() == ["booked"]


def test_an_operator_s_word_comes_after_what_they_have_agreed_to(asked):
    asked.says("Yes.", length_ms=300).run(Wait(100), heard(SayLine("One more thing.")), Wait(100))
    assert asked.statuses() == ["booked"]


def test_a_successor_waits_anew_and_books(asked, bus_of):
    asked.says("Yes.", length_ms=300).run(Wait(100))
    memory = asked.bus.said(Checkpoint)[-1].state
    after = Call(bus_of("agent", asked.bus.house.settings), memory, turn=3)
    after.run(Wait(400))
    assert after.saved == []
    again = Call(bus_of("agent", asked.bus.house.settings), memory, turn=3)
    again.run(Wait(900))
    assert again.statuses() == ["booked"]


def test_a_successor_knows_the_first_half(asked, bus_of):
    asked.says("Yes.", length_ms=300).run(Wait(100))
    memory = asked.bus.said(Checkpoint)[-1].state
    after = Call(bus_of("agent", asked.bus.house.settings), memory, turn=3)
    after.at_ms = asked.at_ms
    after.says("But not at seven.", pause_ms=300).run(Wait(3000))
    assert "booked" not in after.statuses()


def test_who_goes_on_over_our_answer_is_heard_whole(bus):
    """ "We have a table at seven", and we answer; "thirty", and we were cut."""
    memory, said = talked("Good evening, Harbour Kitchen.")
    call = Call(bus, memory, turn=1).says("We have a table at seven.").began(150)
    call.steps.append(heard(Spoken(said[-1].utterance + 1, 0, "So", True, True, cut=True)))
    call.ended("Thirty.", length_ms=400).run(Wait(2000))
    assert "seven thirty" in " ".join(call.texts(3))
    assert not bus.said(EndCall)


def test_what_they_say_to_an_answer_that_they_have_heard_is_no_second_half(bus):
    memory, said = talked("Good evening, Harbour Kitchen.")
    call = Call(bus, memory, turn=1).says("We have a table at seven.").began(150)
    call.steps.append(heard(Spoken(said[-1].utterance + 1, 0, "So.", True, False)))
    call.steps.append(heard(Spoken(said[-1].utterance + 1, 1, "", True, True)))
    call.ended("Thirty.", length_ms=400).run(Wait(2000))
    assert "seven thirty" not in " ".join(call.texts(3))


@pytest.mark.parametrize(
    ("said_so_far", "answers"),
    [(", is that", True), ("for four people,", False)],
    ids=["last words", "before"],
)
def test_a_yes_over_the_last_words_of_our_question_answers_it_when_nothing_follows(bus, said_so_far, answers):
    memory, _ = talked("Good evening, Harbour Kitchen.")
    call = Call(bus, memory, turn=1).says("Yes, we have a table for you.").run(Wait(10))
    asked = [s for s in bus.said(Sentence) if s.turn == 2]
    question = asked[0].text
    heard_of_it = question[: question.index(said_so_far) + len(said_so_far)]
    after = Call(bus, bus.said(Checkpoint)[-1].state, turn=2)
    after.at_ms = call.at_ms
    after.steps.append(heard(Spoken(asked[0].utterance, 0, heard_of_it, False)))
    after.began(0).ended("Yes.", length_ms=300, under_our_voice=True)
    after.steps += [heard(Spoken(s.utterance, s.index, s.text, True, s.last)) for s in asked]
    after.run(Wait(2900))
    assert ("booked" in after.statuses()) == answers


def test_who_says_something_else_after_their_early_answer_is_answered_to_that(bus):
    memory, _ = talked("Good evening, Harbour Kitchen.")
    call = Call(bus, memory, turn=1).says("Yes, we have a table for you.").run(Wait(10))
    asked = [s for s in bus.said(Sentence) if s.turn == 2]
    after = Call(bus, bus.said(Checkpoint)[-1].state, turn=2)
    after.at_ms = call.at_ms
    after.steps.append(heard(Spoken(asked[0].utterance, 0, asked[0].text.removesuffix(" right?"), False)))
    after.began(0).ended("Yes.", length_ms=300, under_our_voice=True)
    after.steps += [heard(Spoken(s.utterance, s.index, s.text, True, s.last)) for s in asked]
    after.says("No, sorry, that is wrong.", pause_ms=800).run(Wait(2000))
    assert "booked" not in after.statuses()
    assert after.texts(4)


def test_an_answer_to_both_halves_is_not_learnt_as_one_to_the_second(bus):
    memory, said = talked("Good evening, Harbour Kitchen.")
    call = Call(bus, memory, turn=1).says("And can you give me your.").began(100)
    call.steps.append(heard(Spoken(said[-1].utterance + 1, 0, "I", True, True, cut=True)))
    call.ended("Phone number?").run(Wait(2000))
    answers = [s for s in bus.said(Sentence) if s.turn == 3 and s.text]
    assert not any(s.template for s in answers)
    again = Call(bus, memory, turn=1).says("Your phone number?")
    bus.sent.clear()
    again.run(Wait(2000))
    assert any(s.template for s in bus.said(Sentence) if s.turn == 2)
