"""One call as the agent lives it, with a brain whose answers are written here."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.dialogue.conversation import Conversation
from engine.dialogue.moves import (
    Answered,
    Event,
    FarEndSilent,
    Finish,
    Heard,
    Move,
    Overheard,
    Said,
    Say,
    SoundOnLine,
    ToolResult,
    UseTool,
)
from engine.dialogue.quiet import SILENCE_STEP_MS
from engine.dialogue.thinking import MAX_TOOL_ROUNDS
from engine.protocol import (
    EndCall,
    Message,
    Reservation,
    ReservationChanged,
    Sentence,
    SoundHeard,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
)
from tests.fakes.fake_brain import FakeBrain, Rule

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)
BOOKING = {"date": "2025-06-06", "time": "19:00", "party_size": 2, "name": "Anna Berg"}
SECOND_US = 1_000_000


def rule(event: Event) -> Sequence[Move]:
    """Greets, repeats what it hears in two sentences, books on "yes", says goodbye once it is booked."""
    match event:
        case Answered():
            return [Say(text="Good evening.", expects="greeting")]
        case Heard(text="yes"):
            return [UseTool(tool="book", arguments=BOOKING)]
        case Heard(text="eight"):
            return [UseTool(tool="book", arguments={**BOOKING, "time": "20:00"})]
        case Heard(text=text, served=served) if text:
            return [Say(text=f"You said {text}.", template=served), Say(text="Is it free?", expects="yes_no")]
        case ToolResult(refused=True, reason=reason):
            return [Say(text=f"No: {reason}.")]
        case ToolResult():
            return [Say(text="Thank you, goodbye."), Finish(outcome="booked", reason="all agreed")]
        case FarEndSilent():
            return [Say(text="Hello?")]
    return []


class Call:
    """A conversation, and what it kept."""

    def __init__(self, answers: Rule = rule) -> None:
        self.saved: list[tuple[Reservation, str, str]] = []
        self.answers = answers
        self.talk = self.open(b"")

    def open(self, checkpoint: bytes) -> Conversation:
        return Conversation(TASK, lambda memory: FakeBrain(self.answers, memory), self._save, checkpoint)

    def _save(self, reservation: Reservation, source: str, words: str) -> None:
        self.saved.append((reservation, source, words))

    def restart(self) -> None:
        self.talk = self.open(self.talk.checkpoint())

    @property
    def brain(self) -> FakeBrain:
        assert isinstance(self.talk.brain, FakeBrain)
        return self.talk.brain

    def hears(self, turn: int, text: str, served: str = "") -> list[Message]:
        return self.talk.heard(Transcript(turn, text, True, "en", 0.9, 0, 500), served, 0)

    def says_all(self, utterance: int, now_us: int = 0) -> list[Message]:
        """Playback reports every sentence of an utterance as spoken."""
        said: list[Message] = []
        for place, sentence in list(self.talk.unspoken.items()):
            if place[0] == utterance:
                said += self.talk.spoken(Spoken(*place, sentence.text, True, sentence.last), now_us)
        return said


@pytest.fixture
def call():
    return Call()


def texts(messages: list[Message]) -> list[str]:
    return [message.text for message in messages if isinstance(message, Sentence) and message.text]


def test_an_utterance_is_its_sentences_and_an_empty_last_one(call):
    said = call.talk.answered(0)
    assert said == [
        Sentence(1, 0, False, 0, "Good evening.", "en", "greeting", state="after 0"),
        Sentence(1, 1, True, 0, "", "en"),
    ]
    said = call.hears(1, "hello")
    assert [(s.utterance, s.index, s.last, s.turn) for s in said if isinstance(s, Sentence)] == [
        (2, 0, False, 1), (2, 1, False, 1), (2, 2, True, 1),
    ]  # fmt: skip


def test_a_sentence_carries_the_situation_in_which_the_turn_was_heard(call):
    call.talk.answered(0)
    first = call.hears(1, "hello", served="You said {x}.")[0]
    assert isinstance(first, Sentence)
    assert (first.state, first.pending, first.from_cache, first.template) == (
        "after 1",
        "Answered",
        True,
        "You said {x}.",
    )


def test_the_line_is_answered_once(call):
    assert call.talk.answered(0)
    assert call.talk.answered(1) == []


def test_a_turn_offered_twice_is_heard_once(call):
    assert texts(call.hears(1, "hello"))
    assert call.hears(1, "hello") == []
    assert texts(call.hears(3, "hello"))
    assert call.hears(2, "hello") == []
    assert call.brain.told == ["Heard", "Heard"]


def test_a_tool_within_bounds_runs_and_the_record_is_kept_before_it_is_told(call):
    said = call.hears(1, "yes")
    kinds = [type(message).__name__ for message in said]
    assert kinds == ["ToolCalled", "ReservationChanged", "Sentence", "Sentence"]
    changed = next(m for m in said if isinstance(m, ReservationChanged))
    assert call.saved == [(changed.reservation, "book", "yes")]
    assert changed.reservation.status == "booked"
    assert changed.reservation.confirmed_by["time"] == "yes"


def test_a_refused_tool_changes_nothing_and_the_brain_is_told_why(call):
    said = call.hears(1, "eight")
    called = said[0]
    assert isinstance(called, ToolCalled)
    assert called.refused
    assert called.turn == 1
    assert "20:00 is not allowed" in called.result
    assert call.saved == []
    assert call.talk.reservation == Reservation()
    assert texts(said) == [f"No: {called.result}."]


def test_the_same_booking_twice_is_one_change(call):
    call.hears(1, "yes")
    assert [type(m) for m in call.hears(2, "yes")].count(ReservationChanged) == 0
    assert len(call.saved) == 1


def test_a_brain_that_calls_tools_for_ever_is_stopped():
    call = Call(lambda event: [UseTool(tool="wait_on_hold")])
    said = call.hears(1, "hello")
    assert len(said) == MAX_TOOL_ROUNDS
    assert {type(message) for message in said} == {ToolCalled}


def test_the_call_ends_only_when_the_last_word_was_spoken(call):
    call.talk.answered(0)
    said = call.hears(1, "yes")
    assert not any(isinstance(message, EndCall) for message in said)
    assert call.says_all(1) == []
    assert call.talk.spoken(Spoken(2, 0, "Thank you,", False), 0) == []
    assert call.talk.spoken(Spoken(2, 0, "Thank you, goodbye.", True), 0) == []
    assert call.talk.spoken(Spoken(2, 1, "", True, True), 0) == [EndCall("booked", "all agreed")]
    assert call.talk.tick(99 * SECOND_US) == []


def test_a_brain_that_ends_without_a_word_ends_at_once():
    call = Call(lambda event: [Finish(outcome="voicemail")])
    assert call.hears(1, "after the tone") == [EndCall("voicemail", "no message was left")]
    assert call.hears(2, "beep") == []


def test_a_goodbye_that_is_cut_ends_the_call_once_they_have_had_their_say(call):
    call.hears(1, "yes")
    assert call.talk.spoken(Spoken(1, 0, "Thank", True, True, cut=True), 0) == []
    assert call.talk.tick(1_000_000) == []
    said = call.hears(2, "oh wait")
    assert EndCall("booked", "all agreed") in said + call.says_all(2)


def test_a_goodbye_that_is_cut_by_somebody_who_says_nothing_ends_the_call_after_a_while(call):
    call.talk.answered(0)
    call.hears(1, "yes")
    call.talk.spoken(Spoken(2, 0, "Thank", True, True, cut=True), 0)
    call.says_all(1)
    said = [message for second in range(1, 9) for message in call.talk.tick(second * 1_000_000)]
    for utterance in {message.utterance for message in said if isinstance(message, Sentence)}:
        said += call.says_all(utterance)
    assert EndCall("booked", "all agreed") in said


def test_what_was_cut_is_told_to_the_word_and_takes_the_rest_with_it(call):
    call.hears(1, "hello")
    call.talk.spoken(Spoken(1, 0, "You said", True, True, cut=True), 0)
    assert call.brain.events[-2:] == [Said(text="You said", cut=True), Said(text="", cut=True)]
    assert call.talk.unspoken == {}


def test_a_cut_leaves_a_later_utterance_alone(call):
    call.hears(1, "hello")
    call.hears(2, "well")
    call.talk.spoken(Spoken(1, 0, "You", True, True, cut=True), 0)
    assert {place[0] for place in call.talk.unspoken} == {2}


def test_the_end_of_an_utterance_that_was_spoken_whole_cuts_nothing(call):
    """Its last, empty sentence may still have been waiting when the far end spoke up."""
    call.talk.answered(0)
    call.talk.spoken(Spoken(1, 0, "Good evening.", True), 0)
    call.talk.spoken(Spoken(1, 1, "", True, True, cut=True), 0)
    assert call.brain.events[-1] == Said(text="Good evening.")
    assert call.talk.unspoken == {}


def test_what_is_reported_twice_is_told_once(call):
    call.talk.answered(0)
    for _ in range(2):
        call.talk.spoken(Spoken(1, 0, "Good evening.", True), 0)
    assert call.brain.told == ["Answered", "Said"]


def test_silence_is_told_at_every_step_and_speech_starts_it_anew(call):
    call.talk.answered(0)
    call.says_all(1, now_us=10 * SECOND_US)
    step = SILENCE_STEP_MS * 1000
    assert call.talk.tick(10 * SECOND_US + step - 1) == []
    assert texts(call.talk.tick(10 * SECOND_US + step)) == ["Hello?"]
    assert call.talk.tick(99 * SECOND_US) == []  # we have not finished speaking ourselves
    call.says_all(2, now_us=20 * SECOND_US)
    call.talk.far_speech(True, 21 * SECOND_US)
    assert call.talk.tick(60 * SECOND_US) == []
    call.talk.far_speech(False, 61 * SECOND_US)
    assert call.talk.tick(61 * SECOND_US + step - 1) == []
    assert call.talk.tick(61 * SECOND_US + step)
    assert call.brain.events[-1] == FarEndSilent(silent_ms=SILENCE_STEP_MS)


def test_silence_before_the_answer_is_no_silence(call):
    assert call.talk.tick(99 * SECOND_US) == []


def test_after_a_restart_silence_counts_from_the_restart(call):
    call.talk.answered(1000 * SECOND_US)
    call.says_all(1, now_us=1000 * SECOND_US)
    call.restart()
    assert call.talk.tick(1001 * SECOND_US) == []
    assert texts(call.talk.tick(1004 * SECOND_US)) == ["Hello?"]
    assert call.brain.events == [FarEndSilent(silent_ms=SILENCE_STEP_MS)]


def test_an_end_that_was_decided_before_a_restart_is_said_after_it(call):
    call.talk.answered(0)
    call.says_all(1)
    call.hears(1, "yes")
    call.restart()
    assert call.says_all(2)[-1] == EndCall("booked", "all agreed")
    call.restart()  # the order may have been lost with the process that gave it
    assert call.talk.tick(1) == [EndCall("booked", "all agreed")]


SCRIPT = [
    lambda call: call.talk.answered(0),
    lambda call: call.talk.spoken(Spoken(1, 0, "Good evening.", True), 0),
    lambda call: call.talk.spoken(Spoken(1, 1, "", True, True), 0),
    lambda call: call.hears(1, "hello"),
    lambda call: call.talk.spoken(Spoken(2, 0, "You said", True, True, cut=True), 0),
    lambda call: call.hears(2, "eight"),
    lambda call: call.hears(2, "eight"),
    lambda call: call.says_all(3),
    lambda call: call.hears(3, "yes"),
    lambda call: call.says_all(4),
]


@pytest.mark.parametrize("at", range(len(SCRIPT)))
def test_a_restart_at_any_step_changes_nothing_that_follows(at):
    undisturbed, restarted = Call(), Call()
    for number, step in enumerate(SCRIPT):
        if number == at:
            restarted.restart()
        assert step(restarted) == step(undisturbed)
        assert restarted.talk.unspoken == undisturbed.talk.unspoken
    assert restarted.saved == undisturbed.saved
    assert restarted.brain.told == undisturbed.brain.told


def test_a_restart_after_every_step_changes_nothing_either():
    undisturbed, restarted = Call(), Call()
    for step in SCRIPT:
        restarted.restart()
        assert step(restarted) == step(undisturbed)


def music(on: bool) -> SoundHeard:
    return SoundHeard("music", on, 0)


def test_nothing_is_said_to_music_however_long_it_plays_and_the_limit_ends_it():
    told = []

    def answers(event):
        told.append(event)
        return (
            [Finish(outcome="needs_human")]
            if isinstance(event, SoundOnLine) and event.too_long
            else rule(event)
        )

    call = Call(answers)
    call.talk.answered(0)
    call.says_all(1)
    call.talk.sound(music(True), 5 * SECOND_US)
    for second in range(6, 125):
        assert call.talk.tick(second * SECOND_US) == []
    ended = call.talk.tick(125 * SECOND_US)
    assert [message.outcome for message in ended if isinstance(message, EndCall)] == ["needs_human"]
    assert not any(isinstance(event, FarEndSilent) for event in told)


def test_the_wait_goes_on_in_the_next_process_from_where_it_began():
    call = Call(lambda event: [Finish(outcome="needs_human")] if getattr(event, "too_long", False) else [])
    call.talk.answered(0)
    call.talk.sound(music(True), 5 * SECOND_US)
    call.restart()
    assert call.talk.tick(100 * SECOND_US) == []
    assert any(isinstance(message, EndCall) for message in call.talk.tick(126 * SECOND_US))


def test_words_from_before_the_music_are_known_and_not_answered_into_it():
    told = []
    call = Call(lambda event: told.append(event) or [])
    call.talk.answered(0)
    call.talk.sound(music(True), SECOND_US)
    assert call.hears(1, "one moment") == []
    assert isinstance(told[-1], Overheard)


def test_sounds_before_anybody_has_picked_up_are_left_alone():
    told = []
    call = Call(lambda event: told.append(event) or [])
    call.talk.line("early_media", 0)
    assert call.talk.sound(SoundHeard("busy", True, 0), SECOND_US) == []
    assert not told
