"""agent: transcripts in, sentences out; its memory goes first."""

from __future__ import annotations

import msgspec
import pytest

from engine.bus import WOKEN
from engine.dialogue.call_memory import Memory
from engine.dialogue.conversation import Conversation
from engine.dialogue.moves import Answered, FarEndSilent, Finish, GoOn, Heard, Say, UseTool
from engine.protocol import (
    CacheVerdict,
    CallClosed,
    Checkpoint,
    DialogueState,
    EndCall,
    Flag,
    LineState,
    ReservationChanged,
    RoomStarted,
    Sentence,
    SpeechStarted,
    Spoken,
    ToolCalled,
    Transcript,
    TurnEnded,
)
from engine.settings import CacheSettings, Settings
from engine.workers import agent
from tests.fakes.fake_brain import FakeBrain
from tests.fakes.fake_bus import Do, Wait, heard

BOOKING = {"date": "2025-06-06", "time": "19:00", "party_size": 2, "name": "Anna Berg"}
ANSWERED = heard(LineState("answered"))


def rule(event):
    match event:
        case Answered():
            return [Say(text="Good evening.")]
        case Heard(text="yes"):
            return [UseTool(tool="book", arguments=BOOKING), Say(text="Goodbye."), Finish(outcome="booked")]
        case Heard(text="nothing"):
            return []
        case Heard(text=text, served=served):
            return [Say(text=f"{text}: {served or 'thought'}.")]
        case FarEndSilent():
            return [Say(text="Hello?")]
    return []


@pytest.fixture
def bus(bus_of):
    return bus_of("agent", Settings(cache=CacheSettings(budget_ms=40)))


def run(bus, *steps):
    saved = []

    def open_conversation(opened):
        return Conversation(
            opened.task,
            lambda memory: FakeBrain(rule, memory),
            lambda *change: saved.append(change),
            opened.checkpoint,
        )

    bus.steps = steps
    agent.run(bus, open_conversation)
    return saved


def final(text: str, turn: int = 1, call: int = 1, flags: Flag = Flag.FINAL):
    start_ms = (turn - 1) * 10_000
    return heard(Transcript(turn, text, True, "en", 0.9, start_ms, start_ms + 900), call, flags)


def spoken(utterance: int, texts: list[str], call: int = 1):
    last = len(texts) - 1
    return [heard(Spoken(utterance, n, text, True, n == last), call) for n, text in enumerate(texts)]


def texts(bus, call: int = 1) -> list[str]:
    return [sentence.text for sentence in bus.said(Sentence, call) if sentence.text]


def test_the_answer_waits_for_the_cache_and_uses_what_it_allows(bus, opened):
    hit = CacheVerdict(1, True, 0.9, "On {date}.")
    run(bus, heard(opened()), ANSWERED, final("which day"), Wait(10), heard(hit))
    sentence = bus.said(Sentence)[-2]
    assert (sentence.text, sentence.turn, sentence.from_cache) == ("which day: On {date}..", 1, True)
    assert bus.sent[-2].at_us == 1_010_000


def test_a_cache_that_does_not_answer_in_time_is_a_miss(bus, opened):
    run(
        bus,
        heard(opened()),
        final("which day"),
        Wait(39),
        Do(lambda: texts(bus) == [] or pytest.fail("too soon")),
        Wait(2),
    )
    assert texts(bus) == ["which day: thought."]
    assert next(sent.at_us for sent in bus.sent if isinstance(sent.message, Sentence)) == 1_040_000


def test_a_verdict_that_overtakes_its_transcript_counts(bus, opened):
    run(bus, heard(opened()), heard(CacheVerdict(1, True, 0.9, "On {date}.")), final("which day"))
    assert texts(bus) == ["which day: On {date}.."]


def test_a_verdict_that_comes_too_late_is_ignored(bus, opened):
    run(bus, heard(opened()), final("which day"), Wait(100), heard(CacheVerdict(1, True, 0.9, "late")))
    assert texts(bus) == ["which day: thought."]


def test_without_a_cache_nothing_is_waited_for(bus_of, opened):
    bus = bus_of("agent", Settings(cache=CacheSettings(enabled=False)))
    run(bus, heard(opened()), final("which day"))
    assert texts(bus) == ["which day: thought."]


def test_two_turns_at_once_are_both_heard(bus, opened):
    run(bus, heard(opened()), final("first", 1), final("second", 2), Wait(100))
    assert texts(bus) == ["first: thought.", "second: thought."]


def test_a_transcript_offered_again_is_answered_once(bus, opened):
    run(bus, heard(opened()), final("which day"), Wait(100), final("which day", flags=Flag.AGAIN), Wait(100))
    assert texts(bus) == ["which day: thought."]


def test_a_mhm_under_our_voice_is_not_answered(bus, opened):
    mhm = TurnEnded(1, 0, 100, 500, 350, "", under_our_voice=True)
    run(bus, heard(opened()), heard(SpeechStarted(1, 0)), heard(mhm), final("mhm"), Wait(100))
    assert texts(bus) == []


def test_a_mhm_is_not_answered_either_when_its_words_overtake_the_word_that_it_was_one(bus, opened):
    mhm = TurnEnded(1, 0, 100, 500, 350, "", under_our_voice=True)
    verdict = heard(CacheVerdict(1, False))
    run(
        bus,
        heard(opened()),
        heard(SpeechStarted(1, 0)),
        final("mhm"),
        verdict,
        Wait(5),
        heard(mhm),
        Wait(100),
    )
    assert texts(bus) == []


def test_words_that_overtake_the_end_of_their_turn_are_answered_with_it(bus, opened):
    over = TurnEnded(1, 0, 100, 500, 350, "")
    verdict = heard(CacheVerdict(1, False))
    run(
        bus,
        heard(opened()),
        heard(SpeechStarted(1, 0)),
        final("hello"),
        verdict,
        Wait(5),
        heard(over),
        Wait(1),
    )
    assert texts(bus) == ["hello: thought."]


def test_words_whose_end_never_comes_are_answered_all_the_same(bus, opened):
    run(bus, heard(opened()), heard(SpeechStarted(1, 0)), final("hello"), Wait(100))
    assert texts(bus) == ["hello: thought."]


@pytest.mark.parametrize("words_first", [True, False])
def test_words_under_our_voice_that_cut_us_after_all_are_answered_once(bus, opened, words_first):
    no = TurnEnded(2, 0, 100, 500, 350, "", under_our_voice=True)
    cut = heard(Spoken(1, 0, "first", True, True, cut=True))
    late = [final("no", 2), cut] if words_first else [cut, final("no", 2)]
    run(
        bus,
        heard(opened()),
        final("first", 1),
        Wait(50),
        heard(SpeechStarted(2, 0)),
        heard(no),
        *late,
        Wait(100),
    )
    assert texts(bus) == ["first: thought.", "no: thought."]


def test_a_mhm_of_before_is_not_answered_when_we_are_cut_later(bus, opened):
    mhm = TurnEnded(2, 0, 100, 500, 350, "", under_our_voice=True)
    cut = heard(Spoken(1, 0, "first", True, True, cut=True))
    before = [heard(SpeechStarted(2, 0)), heard(mhm), final("mhm", 2), heard(SpeechStarted(3, 0))]
    run(bus, heard(opened()), final("first", 1), Wait(50), *before, cut, final("no", 3), Wait(100))
    assert texts(bus) == ["first: thought.", "no: thought."]


def test_memory_goes_out_before_what_was_decided(bus, opened):
    run(bus, heard(opened()), final("yes"), Wait(50))
    kinds = [type(sent.message) for sent in bus.sent]
    assert kinds == [Checkpoint, ToolCalled, ReservationChanged, Sentence, Sentence, DialogueState]


def test_a_turn_that_changes_nothing_else_is_remembered_too(bus, opened):
    run(bus, heard(opened()), final("nothing"), Wait(50))
    assert bus.said(Checkpoint)
    assert texts(bus) == []


def test_memory_is_not_sent_again_when_nothing_changed(bus, opened):
    run(bus, heard(opened()), ANSWERED, Wait(2000))
    assert len(bus.said(Checkpoint)) == 1


def test_the_call_is_ended_once_the_goodbye_was_spoken(bus, opened):
    run(bus, heard(opened()), final("yes"), Wait(50), Do(lambda: bus.said(EndCall) == [] or pytest.fail("too soon")),
        *spoken(1, ["Goodbye.", ""]))  # fmt: skip
    assert bus.said(EndCall) == [EndCall("booked")]


def test_the_time_to_the_first_sentence_is_told(bus, opened, clock):
    def slow(event):
        clock.now_us += 12_000
        return rule(event)

    bus.steps = [heard(opened()), final("which day"), heard(CacheVerdict(1, False))]
    agent.run(
        bus,
        lambda o: Conversation(o.task, lambda memory: FakeBrain(slow, memory), lambda *_: None, o.checkpoint),
    )
    assert bus.said(Sentence)[0].llm_us == 12_000


def test_silence_is_noticed_although_another_call_talks_all_the_time(bus, opened):
    chatter = [step for _ in range(40) for step in (heard(Spoken(9, 0, "bla", False), 2), Wait(100))]
    run(bus, heard(opened(), 1), heard(opened(), 2), ANSWERED, *spoken(1, ["Good evening.", ""]), *chatter)
    assert texts(bus, 1) == ["Good evening.", "Hello?"]


@pytest.mark.parametrize("room", ["tts", "playback", "vad", "cache"])
def test_a_neighbour_that_came_back_is_given_what_was_not_spoken(bus, opened, room):
    run(bus, heard(opened()), ANSWERED, heard(RoomStarted(room, 2), call=0))
    again = [sent.message for sent in bus.sent if sent.flags & Flag.AGAIN]
    assert [type(message) for message in again] == [Sentence, Sentence, DialogueState]
    assert again[:2] == bus.said(Sentence)[:2]


def test_a_restarted_room_goes_on_where_the_other_stopped(bus_of, opened):
    settings = Settings(cache=CacheSettings(budget_ms=40))
    before = bus_of("agent", settings)
    run(before, heard(opened()), ANSWERED, *spoken(1, ["Good evening.", ""]), final("yes"), Wait(50))
    memory = before.said(Checkpoint)[-1].state
    after = bus_of("agent", settings)
    saved = run(
        after, heard(opened(room="agent", checkpoint=memory)), final("yes", flags=Flag.AGAIN), Wait(50),
        *spoken(2, ["Goodbye.", ""]),
    )  # fmt: skip
    assert saved == []  # booked once
    again = [s.message for s in after.sent if s.flags & Flag.AGAIN and isinstance(s.message, Sentence)]
    owed = [sentence for sentence in before.said(Sentence) if sentence.utterance == 2]
    assert [(s.utterance, s.index, s.text) for s in again] == [(s.utterance, s.index, s.text) for s in owed]
    assert [changed.reservation.status for changed in after.said(ReservationChanged)] == ["booked"]
    assert after.said(EndCall) == [EndCall("booked")]


def test_a_closed_call_is_forgotten_and_nobody_is_woken_any_more(bus, opened):
    run(
        bus,
        heard(opened()),
        final("which day"),
        heard(CallClosed("booked")),
        Wait(10_000),
        final("which day", 2),
        Wait(100),
    )
    assert texts(bus) == []
    assert bus.wake_at_us is None


def test_checkpoints_can_be_read_by_the_protocol(bus, opened):
    run(bus, heard(opened()), ANSWERED)
    checkpoint = bus.said(Checkpoint)[0]
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(checkpoint), type=Checkpoint) == checkpoint


EARLY = heard(LineState("early_media"))


def ended(turn: int = 1):
    return heard(TurnEnded(turn, 0, 900, 1250, 350, ""))


def test_what_is_heard_before_the_answer_is_not_answered(bus, opened):
    run(
        bus, heard(opened()), EARLY, heard(SpeechStarted(1, 0)), ended(), final("the number is not in service"),
        Wait(10_000), ANSWERED, ended(2), final("hello", 2), Wait(100),
    )  # fmt: skip
    assert texts(bus) == ["Good evening.", "hello: thought."]


def test_an_announcement_whose_words_come_after_the_answer_is_not_answered_either(bus, opened):
    run(bus, heard(opened()), EARLY, ended(), ANSWERED, final("please wait"), Wait(100))
    assert texts(bus) == ["Good evening."]


def test_speech_before_the_answer_that_ends_after_it_is_the_far_end_s(bus, opened):
    run(bus, heard(opened()), EARLY, heard(SpeechStarted(1, 0)), ANSWERED, ended(), final("hello"), Wait(100))
    assert texts(bus) == ["Good evening.", "hello: thought."]


def test_who_speaks_on_a_line_without_early_media_has_picked_up_though_nobody_said_so(bus, opened):
    run(bus, heard(opened()), heard(LineState("ringing")), ended(), final("hello"), Wait(100))
    assert texts(bus) == ["hello: thought."]


def test_a_room_that_came_back_before_the_answer_still_knows_that_nobody_hears_us(bus_of, opened):
    settings = Settings(cache=CacheSettings(budget_ms=40))
    before = bus_of("agent", settings)
    run(before, heard(opened()), EARLY, ended())
    memory = before.said(Checkpoint)[-1].state
    after = bus_of("agent", settings)
    again = heard(opened(room="agent", checkpoint=memory))
    run(after, again, final("please wait", flags=Flag.AGAIN), ended(2), final("still waiting", 2), Wait(100))
    assert texts(after) == []


def test_an_answer_that_a_restarted_room_has_missed_ends_the_early_media(bus, opened):
    memory = msgspec.msgpack.encode(Memory(line="early_media"))
    again = msgspec.structs.replace(opened(room="agent", checkpoint=memory), answered=True)
    run(bus, heard(again), ended(), final("hello"), Wait(100))
    assert texts(bus)[-1] == "hello: thought."
    assert set(texts(bus)) == {"Good evening.", "hello: thought."}


def test_nobody_is_asked_whether_they_are_there_while_the_line_is_on_hold(bus, opened):
    run(
        bus, heard(opened()), ANSWERED, *spoken(1, ["Good evening.", ""]), heard(LineState("held", "far_end")),
        Wait(20_000), heard(LineState("resumed", "far_end")), Wait(2900),
        Do(lambda: texts(bus) == ["Good evening."] or pytest.fail("too soon")), Wait(400),
    )  # fmt: skip
    assert texts(bus) == ["Good evening.", "Hello?"]


class ThinkingBrain(FakeBrain):
    """Gives nothing at once; a thought comes when the test lets it."""

    def __init__(self, checkpoint: bytes = b"") -> None:
        super().__init__(rule, checkpoint)
        self.ready: list = []

    def step(self, event):
        if isinstance(event, GoOn):
            moves, self.ready = self.ready, []
            self.thinks = not any("last" in move.text for move in moves)
            return iter(moves)
        if isinstance(event, Heard):
            self.thinks = True
        return super().step(event) if isinstance(event, Answered) else iter(())


def test_a_brain_that_thinks_holds_nobody_up_and_its_sentences_leave_as_they_come(bus_of, opened):
    bus = bus_of("agent", Settings(cache=CacheSettings(enabled=False)))
    brains = []

    def open_conversation(given):
        brains.append(ThinkingBrain())
        brain = brains[-1]
        return Conversation(given.task, lambda _: brain, lambda *_: None, given.checkpoint)

    bus.steps = [
        heard(opened(), call=1),
        heard(opened(), call=2),
        final("what", call=1),
        final("which", call=2),
        Do(lambda: brains[1].ready.append(Say(text="Second call, last."))),
        WOKEN,
        Do(lambda: brains[0].ready.append(Say(text="First."))),
        WOKEN,
        Wait(100),
        Do(lambda: brains[0].ready.append(Say(text="The last."))),
        WOKEN,
    ]
    agent.run(bus, open_conversation)
    said = [(s.call, s.message.text, s.message.last) for s in bus.sent if isinstance(s.message, Sentence)]
    assert said == [
        (2, "Second call, last.", False),
        (2, "", True),
        (1, "First.", False),
        (1, "The last.", False),
        (1, "", True),
    ]
    last = [s.message for s in bus.sent if isinstance(s.message, Sentence) and s.call == 1][1]
    assert (last.turn, last.llm_us) == (1, 100_000)


def test_an_end_of_speech_that_died_with_its_room_holds_no_answer_back(bus_of, opened):
    bus = bus_of("agent", Settings(cache=CacheSettings(enabled=False)))
    brain = ThinkingBrain()
    bus.steps = [
        heard(opened()),
        final("what"),
        heard(SpeechStarted(2, 900)),
        Do(lambda: brain.ready.append(Say(text="The last."))),
        WOKEN,
        Do(lambda: texts(bus) == [] or pytest.fail("answered while they spoke")),
        heard(RoomStarted("vad", 1), call=0),
        WOKEN,
    ]
    agent.run(bus, lambda given: Conversation(given.task, lambda _: brain, lambda *_: None))
    assert texts(bus) == ["The last."]


def test_a_thought_is_dropped_when_its_call_is_closed(bus_of, opened):
    bus = bus_of("agent", Settings(cache=CacheSettings(enabled=False)))
    brain = ThinkingBrain()
    bus.steps = [heard(opened()), final("what"), heard(CallClosed("hung_up"))]
    agent.run(bus, lambda given: Conversation(given.task, lambda _: brain, lambda *_: None))
    assert not brain.thinks
