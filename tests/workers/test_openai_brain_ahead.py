"""A model that is asked at a pause already: what it says goes on once the turn is over, or was asked for nothing."""

from __future__ import annotations

from engine.dialogue.preparing import WENT_ON, Preparing
from engine.dialogue.settling import SETTLED_MS
from engine.protocol import BrainUse, Sentence, SpeechPaused, Spoken, ToolCalled, Transcript, TurnEnded
from tests.fakes.openai_server import Answer, FakeOpenAI
from tests.fakes.thinking_call import BOOKING, READ_BACK, ThinkingCall

SLOW = Answer("That is right. And so on and on and on.", between_s=0.02, piece=8)


def pause(call: ThinkingCall, text: str) -> Preparing:
    """They pause in the turn after the last; an answer is being prepared."""
    ahead, turn = Preparing(wanted=True, questions_in_a_turn=1), call.turn + 1
    ahead.speech(SpeechPaused(turn, 900))
    assert ahead.hear(Transcript(turn, text, False, "en", 0.9, 0, 900, at_pause=True), call.talk, 0)
    assert ahead.prepare(call.talk, "", 0) is not None
    return ahead


def think(call: ThinkingCall, ahead: Preparing) -> None:
    """Until the model has answered, unheard."""
    answer = ahead.answer
    assert answer is not None
    for _ in range(200):
        answer.add(answer.talk.go_on(0), 0)
        if not answer.talk.brain.thinks:
            return
        call._woken.wait(0.1)
        call._woken.clear()
    raise AssertionError("the model has not answered")


def adopt(call: ThinkingCall, ahead: Preparing) -> None:
    """The turn is over."""
    call.turn += 1
    answer, _ = ahead.turn_ended(TurnEnded(call.turn, 0, 900, 1000, 100, ""))
    assert answer is not None
    answer.talk.goes_on_from(call.talk, 0)
    call.talk = answer.talk
    call.told += [*answer.told, *call.talk.ours.finish_answer(0)]


def test_a_stream_that_began_at_the_pause_goes_on_when_the_turn_is_over():
    with FakeOpenAI(SLOW) as server, ThinkingCall(server) as call:
        ahead = pause(call, "Good evening.")
        adopt(call, ahead)
        assert call.talk.brain.thinks
        call.think()
        said = [sentence.text for sentence in call.of(Sentence) if sentence.text]
        assert said[1:] == ["That is right.", "And so on and on and on."]
        assert len(server.asked) == 1
        assert [use.fallback for use in call.of(BrainUse)] == [False]


def test_a_question_for_nothing_is_broken_off_and_told_and_the_original_has_heard_nothing():
    with FakeOpenAI(SLOW, Answer("For two, please.")) as server, ThinkingCall(server) as call:
        before = call.talk.checkpoint()
        ahead = pause(call, "Good evening")
        server.wait_for(1)
        thrown = ahead.throw_away(WENT_ON)
        assert thrown is not None and thrown.requests == 1 and thrown.tokens_in is None
        assert call.talk.checkpoint() == before
        assert call.hears("Good evening, for how many?")[-1] == "For two, please."


def test_a_model_s_tool_runs_when_the_turn_is_over_and_not_before():
    script = [
        Answer("I would like a table."),
        Answer(READ_BACK),
        Answer("One moment.", calls=[("book", BOOKING)]),
        Answer("Thank you, goodbye.", calls=[("end_call", {"reason": "done"})]),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna, good evening.")
        call.hears("Yes, we have a table.")
        ahead = pause(call, "Yes, that is right.")
        think(call, ahead)
        assert not call.saved and not call.of(ToolCalled)
        adopt(call, ahead)
        call.think()
        assert [record.status for record in call.saved] == ["booked"]
        assert not call.of(ToolCalled)[0].refused


def goes_on(call: ThinkingCall, text: str) -> None:
    """They speak again 0.1 s after their turn was judged over."""
    call.turn += 1
    call.take(call.talk.heard(Transcript(call.turn, text, True, "en", 0.9, 1100, 1900), "", 500_000))


def test_a_model_s_tool_waits_until_they_have_been_silent_and_hears_both_halves_where_they_were_not():
    script = [
        Answer("I would like a table."),
        Answer(READ_BACK),
        Answer("One moment.", calls=[("book", BOOKING)]),
        Answer("At what time, then?"),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna, good evening.")
        call.hears("Yes, we have a table.")
        ahead = pause(call, "Yes.")
        think(call, ahead)
        call.talk.turn_over(call.turn + 1, 100, 0)
        adopt(call, ahead)
        assert call.talk.ours.settles_us == (SETTLED_MS - 100) * 1000
        assert not call.saved
        call.talk.far_speech(True, 200_000)
        assert call.talk.ours.settles_us is None
        goes_on(call, "But not at seven.")
        call.think()
        assert not call.saved and not call.of(ToolCalled)
        assert server.asked[-1]["messages"][-1]["content"].endswith("Yes But not at seven.")
        assert len(server.asked) == len(script)


def test_a_stream_that_is_dropped_since_they_went_on_is_told_and_says_no_more():
    with FakeOpenAI(SLOW, Answer("For two, please.")) as server, ThinkingCall(server) as call:
        ahead = pause(call, "Good evening")
        call.talk.turn_over(call.turn + 1, 100, 0)
        adopt(call, ahead)
        server.wait_for(1)
        for place, _ in list(call.talk.unspoken.items())[:1]:
            call.take(call.talk.spoken(Spoken(*place, "", True, True, cut=True), 200_000))
        goes_on(call, "for how many?")
        call.think()
        assert call.of(Sentence)[-2].text == "For two, please."
        shown = [message["content"] for message in server.asked[-1]["messages"] if message["role"] == "user"]
        assert any(content.endswith("Good evening for how many?") for content in shown)
        assert not call.talk.brain.thinks
        assert sum(use.requests for use in call.of(BrainUse)) == 2
