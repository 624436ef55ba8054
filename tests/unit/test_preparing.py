"""When an answer is prepared at a pause, and when it may be said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from engine.dialogue.conversation import Conversation
from engine.dialogue.moves import Finish, Heard, Say, ToolResult, UseTool
from engine.dialogue.preparing import ENDED_ELSEWHERE, UNDER_OUR_VOICE, WENT_ON, Preparing
from engine.dialogue.settling import SETTLED_MS
from engine.protocol import (
    BrainUse,
    CacheVerdict,
    Message,
    Sentence,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    Spoken,
    Task,
    ToolCalled,
    Transcript,
    TurnEnded,
)
from tests.fakes.fake_brain import FakeBrain

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)
BOOKING = {"date": "2025-06-06", "time": "19:00", "party_size": 2, "name": "Anna Berg"}


def rule(event):
    match event:
        case Heard(text="book"):
            return [
                Say(text="One moment."), UseTool(tool="book", arguments=BOOKING), Say(text="Goodbye."),
                Finish(outcome="booked"),
            ]  # fmt: skip
        case Heard(text="tool first"):
            return [UseTool(tool="book", arguments=BOOKING)]
        case ToolResult():
            return [Say(text="It is noted.")]
        case Heard(text=text, served=served):
            return [Say(text=served or f"To {text}.")]
    return []


class Call:
    """A conversation, its preparing, and what was saved and said."""

    def __init__(self, checkpoint: bytes = b"") -> None:
        self.saved: list[object] = []
        self.talk = Conversation(
            TASK,
            lambda memory: FakeBrain(rule, memory),
            lambda *change: self.saved.append(change),
            checkpoint,
        )
        self.ahead = Preparing(wanted=True)

    def pause(self, text: str = "which day", turn: int = 1, end_ms: int = 900, served: str = "") -> list[str]:
        """They pause, and the cache has said what it knows; the sentences that are made ahead."""
        self.ahead.speech(SpeechPaused(turn, end_ms))
        words = Transcript(turn, text, False, "en", 0.9, 0, end_ms, at_pause=True)
        if not self.ahead.hear(words, self.talk, 0):
            return []
        prepared = self.ahead.prepare(self.talk, served, 0)
        return [sentence.text for sentence in prepared[1] if sentence.text] if prepared else []

    def ends(self, turn: int = 1, end_ms: int = 900, under_our_voice: bool = False) -> list[Message] | str:
        """The turn is over: what is said and done at once, or why nothing is."""
        ended = TurnEnded(turn, 0, end_ms, end_ms + 100, 100, "", under_our_voice=under_our_voice)
        answer, reason = self.ahead.turn_ended(ended)
        if answer is None:
            self.ahead.throw_away(reason)
            return reason
        answer.talk.goes_on_from(self.talk, 0)
        self.talk = answer.talk
        return [*answer.told, *self.talk.ours.finish_answer(0)]


def texts(told: list[Message] | str) -> list[str]:
    assert not isinstance(told, str), told
    return [message.text for message in told if isinstance(message, Sentence) and message.text]


def test_an_answer_is_prepared_and_said_once_the_turn_ended_with_that_pause():
    call = Call()
    assert call.pause() == ["To which day."]
    assert call.talk.unspoken == {}
    assert texts(call.ends()) == ["To which day."]
    assert call.talk.has_answered(1)
    assert [sentence.text for sentence in call.talk.unspoken.values()] == ["To which day.", ""]


def test_what_the_cache_allows_is_prepared():
    assert Call().pause(served="On Friday.") == ["On Friday."]


def test_the_original_knows_nothing_of_an_answer_that_is_thrown_away():
    call = Call()
    before = call.talk.checkpoint()
    call.pause("book")
    assert call.ahead.throw_away(WENT_ON).sentences == 1
    assert call.talk.checkpoint() == before
    assert call.saved == []


def test_a_tool_runs_once_the_answer_is_wanted_and_not_before():
    call = Call()
    assert call.pause("book") == ["One moment."]
    assert call.saved == []
    told = call.ends()
    assert texts(told) == ["One moment.", "Goodbye.", "It is noted."]
    kinds = [type(message) for message in told if isinstance(message, Sentence | ToolCalled)]
    assert kinds == [Sentence, ToolCalled, Sentence, Sentence, Sentence]
    assert len(call.saved) == 1
    assert [sentence.index for sentence in told if isinstance(sentence, Sentence)] == [0, 1, 2, 3]
    assert call.talk.ours.ending.decided == ("booked", "")


def test_a_successor_makes_the_moves_that_were_left():
    call = Call()
    call.pause("book")
    answer, _ = call.ahead.turn_ended(TurnEnded(1, 0, 900, 1000, 100, ""))
    assert answer is not None
    answer.talk.goes_on_from(call.talk, 0)
    successor = Call(answer.talk.checkpoint())
    assert texts(successor.talk.ours.finish_answer(0)) == []  # nobody knows how long they have been silent
    assert texts(successor.talk.ours.finish_answer(SETTLED_MS * 1000)) == ["Goodbye.", "It is noted."]
    assert len(successor.saved) == 1
    assert successor.talk.ours.finish_answer(0) == []


def test_an_answer_that_begins_with_a_tool_is_prepared_without_a_sentence():
    call = Call()
    assert call.pause("tool first") == []
    assert texts(call.ends()) == ["It is noted."]


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ({"end_ms": 1200}, ENDED_ELSEWHERE),
        ({"turn": 2}, ENDED_ELSEWHERE),
        ({"under_our_voice": True}, UNDER_OUR_VOICE),
    ],
)
def test_a_turn_that_ended_otherwise_throws_the_answer_away(end, reason):
    call = Call()
    call.pause()
    assert call.ends(**end) == reason
    assert call.ahead.answer is None


@pytest.mark.parametrize("event", [SpeechResumed(1), SpeechStarted(2, 1000), SpeechPaused(1, 1400)])
def test_speech_that_goes_on_throws_the_answer_away(event):
    call = Call()
    call.pause()
    assert call.ahead.speech(event) == WENT_ON


def test_words_that_come_after_their_pause_was_over_are_not_answered():
    call = Call()
    call.ahead.speech(SpeechPaused(1, 900))
    call.ahead.speech(SpeechResumed(1))
    assert not call.ahead.hear(Transcript(1, "which", False, "en", 0.9, 0, 900, at_pause=True), call.talk, 0)


def hold(call: Call) -> None:
    call.talk.line("held", 0)


def speak(call: Call) -> None:
    call.talk.ours.speech.line("operator", "Hello.", "en")


def early(call: Call) -> None:
    call.talk.line("early_media", 0)


def end(call: Call) -> None:
    call.talk.ours.ending.decided = ("booked", "")


def think(call: Call) -> None:
    call.talk.brain.thinks = True


def answered(call: Call) -> None:
    call.talk.heard(Transcript(1, "which day", True, "en", 0.9, 0, 900), "", 0)
    for sentence in list(call.talk.unspoken.values()):
        call.talk.spoken(Spoken(sentence.utterance, sentence.index, sentence.text, True), 0)


@pytest.mark.parametrize(
    "happens", [hold, speak, early, end, think, answered], ids=lambda each: each.__name__
)
def test_nothing_is_prepared_while_something_else_goes_on(happens):
    call = Call()
    happens(call)
    assert call.pause() == []
    assert call.ahead.answer is None


def test_noise_and_another_language_are_not_answered_ahead():
    call = Call()
    call.ahead.speech(SpeechPaused(1, 900))
    assert not call.ahead.hear(Transcript(1, "", False, "en", 0.9, 0, 900, at_pause=True), call.talk, 0)
    assert not call.ahead.hear(Transcript(1, "ja", False, "de", 0.9, 0, 900, at_pause=True), call.talk, 0)


def test_nothing_is_prepared_where_it_is_not_wanted():
    call = Call()
    call.ahead = Preparing(wanted=False)
    assert call.pause() == []


class Asking(FakeBrain):
    """Thinks of whatever it hears, and never comes to an end."""

    def step(self, event):
        self.thinks = isinstance(event, Heard)
        return super().step(event)


def test_a_model_is_asked_for_nothing_once_a_turn():
    call = Call()
    call.talk.ours.brain = Asking(lambda event: [])
    call.ahead = Preparing(wanted=True, questions_in_a_turn=1)
    for end_ms in (900, 1500):
        call.pause(end_ms=end_ms)
        asked = call.ahead.answer is not None
        assert asked == (end_ms == 900)
        call.ahead.throw_away(WENT_ON)
    call.pause(turn=2)
    assert call.ahead.answer is not None


def test_what_a_thrown_away_answer_took_of_a_model_is_told():
    call = Call()
    call.pause()
    call.ahead.answer.told += [BrainUse("m", 100, 20, 0.01), BrainUse("m", None, None, None)]
    thrown = call.ahead.throw_away(WENT_ON)
    assert (thrown.requests, thrown.tokens_in, thrown.tokens_out, thrown.usd) == (2, 100, 20, 0.01)


def test_the_cache_s_verdict_is_for_the_pause_it_is_about():
    call = Call()
    call.ahead.speech(SpeechPaused(1, 900))
    call.ahead.hear(Transcript(1, "which day", False, "en", 0.9, 0, 900, at_pause=True), call.talk, 0)
    assert not call.ahead.concerns(CacheVerdict(1, True, end_ms=500, ahead=True))
    assert call.ahead.concerns(CacheVerdict(1, True, end_ms=900, ahead=True))


STEPS = st.sampled_from(
    ["pause", "resume", "end", "end elsewhere", "book", "held", "resumed", "final", "tick"]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_whatever_happens_no_tool_runs_before_its_answer_is_wanted_and_each_turn_is_answered_once(steps):
    call, turn, end_ms, ended = Call(), 1, 0, False
    said: dict[int, list[str]] = {}

    def note(told: list[Message]) -> None:
        for message in told:
            if isinstance(message, Sentence) and message.text:
                said.setdefault(message.turn, []).append(message.text)
        for sentence in list(call.talk.unspoken.values()):
            call.talk.spoken(
                Spoken(sentence.utterance, sentence.index, sentence.text, True, sentence.last), 0
            )

    for step in steps:
        saved = len(call.saved)
        match step:
            case "pause" | "book" if not ended:
                end_ms += 300
                call.pause("book" if step == "book" else "which day", turn, end_ms)
                assert len(call.saved) == saved
            case "resume":
                if call.ahead.speech(SpeechResumed(turn)):
                    call.ahead.throw_away(WENT_ON)
            case "end" | "end elsewhere" if not ended:
                ended = True
                told = call.ends(turn, end_ms + (50 if step == "end elsewhere" else 0))
                note([] if isinstance(told, str) else told)
            case "held" | "resumed":
                note(call.talk.line(step, 0))
                call.ahead.throw_away("something else happened")
            case "final" if ended:
                note(call.talk.heard(Transcript(turn, "which day", True, "en", 0.9, 0, end_ms), "", 0))
                turn, ended = turn + 1, False
            case "tick":
                note(call.talk.tick(0))
    for answered_turn, sentences in said.items():
        assert answered_turn <= turn
        assert len(sentences) == len(set(sentences)), f"turn {answered_turn} was answered twice: {sentences}"
    for finished in range(1, turn):
        assert finished in said or call.talk.ours.ending.decided is not None
