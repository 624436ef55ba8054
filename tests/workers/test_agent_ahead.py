"""agent: an answer is prepared at a pause, said in the moment the turn is over, and thrown away by anything else."""

from __future__ import annotations

import pytest

from engine.bus import WOKEN
from engine.dialogue.moves import GoOn, Heard, Say, Spent
from engine.dialogue.preparing import QUESTIONS_IN_A_TURN, preparing
from engine.dialogue.settling import SETTLED_MS
from engine.protocol import (
    CacheVerdict,
    Checkpoint,
    DialogueState,
    Flag,
    ForceLanguage,
    InjectEvent,
    LineState,
    ReservationChanged,
    RoomStarted,
    Sentence,
    Speculated,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    ToolCalled,
    Transcript,
    TurnEnded,
    Whisper,
)
from engine.settings import BrainSettings, CacheSettings, Settings, TurnSettings
from engine.workers import agent
from tests.fakes.fake_brain import FakeBrain
from tests.fakes.fake_bus import Wait, heard
from tests.workers.test_agent import ANSWERED, final, run, spoken


@pytest.fixture
def bus(bus_of):
    return bus_of("agent", Settings(cache=CacheSettings(budget_ms=40)))


def pause(text: str = "which day", turn: int = 1, end_ms: int = 900, template: str = ""):
    """They pause; their words and the cache's verdict follow."""
    verdict = CacheVerdict(turn, bool(template), template=template, end_ms=end_ms, ahead=True)
    return [
        heard(SpeechPaused(turn, end_ms)),
        heard(Transcript(turn, text, False, "en", 0.9, 0, end_ms, at_pause=True)),
        heard(verdict, flags=Flag.AHEAD),
    ]


def ended(turn: int = 1, end_ms: int = 900, under_our_voice: bool = False):
    return heard(TurnEnded(turn, 0, end_ms, end_ms + 100, 100, "", under_our_voice=under_our_voice))


def opening(opened):
    return [heard(opened()), ANSWERED, *spoken(1, ["Good evening.", ""]), heard(SpeechStarted(1, 0))]


def sentences(bus, turn: int = 1) -> list[tuple[str, Flag, int]]:
    return [
        (sent.message.text, sent.flags, sent.at_us)
        for sent in bus.sent
        if isinstance(sent.message, Sentence) and sent.message.turn == turn and sent.message.text
    ]


def test_what_is_prepared_is_said_when_the_turn_is_over_and_not_again_for_the_final_words(bus, opened):
    run(bus, *opening(opened), *pause(), Wait(100), ended(), Wait(5), final("which day"), Wait(300))
    assert sentences(bus) == [
        ("which day: thought.", Flag.AHEAD, 1_000_000),
        ("which day: thought.", Flag.NONE, 1_100_000),
    ]
    assert bus.said(Speculated) == [Speculated(1, True, sentences=1)]


def test_final_words_that_overtake_the_end_of_their_turn_decide_as_well(bus, opened):
    run(bus, *opening(opened), *pause(), Wait(100), final("which day"), ended(), Wait(300))
    assert [flags for _, flags, _ in sentences(bus)] == [Flag.AHEAD, Flag.NONE]
    assert [each.kept for each in bus.said(Speculated)] == [True]


def test_final_words_that_are_others_than_those_at_the_pause_are_answered(bus, opened):
    run(bus, *opening(opened), *pause(), Wait(100), final("at what time"), Wait(300))
    assert sentences(bus)[-1][0] == "at what time: thought."
    assert [each.kept for each in bus.said(Speculated)] == [False]


def test_memory_goes_out_first_and_the_tools_after_the_sentences(bus, opened):
    run(bus, *opening(opened), *pause("yes"), ended(), Wait(SETTLED_MS))
    begun = next(n for n, sent in enumerate(bus.sent) if isinstance(sent.message, Speculated)) - 1
    kinds = [type(sent.message) for sent in bus.sent[begun:]]
    assert kinds[:4] == [Checkpoint, Speculated, DialogueState, Checkpoint]
    assert kinds[4:-5] == [Checkpoint]  # what is recorded waits until it is settled
    assert kinds[-5:] == [ToolCalled, ReservationChanged, Sentence, Sentence, DialogueState]


def test_no_tool_runs_for_a_turn_that_goes_on(bus, opened):
    saved = run(bus, *opening(opened), *pause("yes"), heard(SpeechResumed(1)), Wait(300))
    assert saved == []
    assert not bus.said(ToolCalled)
    assert bus.said(Speculated) == [Speculated(1, False, "they went on")]


def test_what_the_cache_allows_is_prepared(bus, opened):
    run(bus, *opening(opened), *pause(template="On {date}."), ended())
    assert sentences(bus)[-1][0] == "which day: On {date}.."


def test_a_cache_that_says_nothing_is_not_waited_for(bus, opened):
    *words, _ = pause()
    run(bus, *opening(opened), *words, Wait(41), ended())
    assert [at_us for _, _, at_us in sentences(bus)] == [1_040_000, 1_041_000]


@pytest.mark.parametrize(
    "happens",
    [
        heard(SpeechResumed(1)),
        heard(LineState("held")),
        heard(Whisper("at eight is fine too")),
        heard(ForceLanguage("de")),
        heard(RoomStarted("playback", 2)),
        heard(InjectEvent(what="fail", room="agent", seconds=1)),
    ],
    ids=lambda each: type(each.message).__name__,
)
def test_anything_else_throws_the_answer_away_and_the_final_words_are_answered(bus, opened, happens):
    after = [heard(LineState("resumed"))] if happens.message == LineState("held") else []
    run(bus, *opening(opened), *pause(), happens, *after, ended(), final("which day"), Wait(2000))
    thrown = [each for each in bus.said(Speculated) if not each.kept]
    assert len(thrown) == 1 and thrown[0].reason
    said = [each for each in sentences(bus) if not each[1] & Flag.AHEAD]
    assert [each[0] for each in said] == ["which day: thought."]
    assert said[0][2] > 1_000_000


def test_a_mhm_under_our_voice_throws_the_answer_away(bus, opened):
    run(bus, *opening(opened), *pause(), ended(under_our_voice=True), final("which day"), Wait(100))
    assert [flags for _, flags, _ in sentences(bus)] == [Flag.AHEAD]
    assert [each.kept for each in bus.said(Speculated)] == [False]


@pytest.mark.parametrize("room", ["tts", "playback"])
def test_an_answer_whose_audio_went_with_a_room_is_made_again(bus, opened, room):
    run(bus, *opening(opened), *pause(), heard(RoomStarted(room, 2)), *pause(), ended())
    assert [flags for _, flags, _ in sentences(bus)][-1] == Flag.AGAIN
    assert [each.kept for each in bus.said(Speculated)] == [False, True]


@pytest.mark.parametrize("speculate", ["off", "words"])
def test_nothing_is_prepared_where_it_is_not_wanted(bus_of, opened, speculate):
    bus = bus_of("agent", Settings(turns=TurnSettings(speculate=speculate)))
    run(bus, *opening(opened), *pause(), ended(), Wait(100))
    assert sentences(bus) == []


@pytest.mark.parametrize(("asks", "most"), [(True, 1), (False, 0)])
def test_a_model_that_costs_money_is_asked_ahead_once_a_turn_or_never(asks, most):
    ahead = preparing(Settings(brain=BrainSettings(kind="openai", asks_ahead=asks)))
    assert (ahead._wanted, ahead._most) == (asks, QUESTIONS_IN_A_TURN)
    assert most == (QUESTIONS_IN_A_TURN if asks else 0)


class Thinking(FakeBrain):
    """Gives its answer when it is asked to go on for the second time."""

    def __init__(self, rule, checkpoint: bytes = b"") -> None:
        super().__init__(rule, checkpoint)
        self.rounds = 0
        self.stopped = 0

    def step(self, event):
        if isinstance(event, Heard):
            self.thinks = True
        elif isinstance(event, GoOn) and self.thinks:
            self.rounds += 1
            self.thinks = self.rounds < 2
            return iter([Say(text=f"Thought {self.rounds}."), *([] if self.thinks else [Spent(model="m")])])
        elif isinstance(event, GoOn):
            return iter([Spent(model="m", tokens_in=None)])
        return iter([])

    def stop(self) -> None:
        self.stopped += 1
        self.thinks = False


def think(bus, *steps):
    from engine.dialogue.conversation import Conversation

    bus.steps = steps
    agent.run(
        bus,
        lambda opened: Conversation(
            opened.task, lambda memory: Thinking(lambda event: [], memory), lambda *_: None, opened.checkpoint
        ),
    )


def test_a_thought_begun_at_the_pause_goes_on_when_the_turn_is_over(bus, opened):
    think(
        bus, heard(opened()), heard(SpeechStarted(1, 0)), *pause(), WOKEN, ended(), Wait(7), WOKEN, Wait(100)
    )
    assert [(text, flags) for text, flags, _ in sentences(bus)] == [
        ("Thought 1.", Flag.AHEAD),
        ("Thought 1.", Flag.NONE),
        ("Thought 2.", Flag.NONE),
    ]
    later = [
        s.message for s in bus.sent if isinstance(s.message, Sentence) and s.message.text == "Thought 2."
    ]
    assert later[0].llm_us == 7000


def test_a_thought_that_is_not_wanted_is_stopped_and_what_it_took_is_told(bus, opened):
    think(
        bus, heard(opened()), heard(SpeechStarted(1, 0)), *pause(), WOKEN, heard(SpeechResumed(1)), Wait(100)
    )
    (thrown,) = bus.said(Speculated)
    assert (thrown.kept, thrown.sentences, thrown.requests, thrown.tokens_in) == (False, 1, 1, None)


def test_the_wait_of_one_call_s_words_does_not_hold_another_call(bus, opened):
    run(
        bus,
        heard(opened(), 1),
        heard(opened(), 2),
        heard(SpeechPaused(1, 900), 1),
        heard(Transcript(1, "which day", False, "en", 0.9, 0, 900, at_pause=True), 1),
        final("which day", call=2),
        Wait(100),
    )
    assert [s.message.text for s in bus.sent if isinstance(s.message, Sentence) and s.call == 2][:1] == [
        "which day: thought."
    ]
