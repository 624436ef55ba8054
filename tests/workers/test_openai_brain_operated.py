"""What operators do to a call whose brain is a model, and what it does while it is silenced or waits."""

from __future__ import annotations

from engine.dialogue import operated
from engine.dialogue.conversation import Conversation
from engine.protocol import (
    AgentSilenced,
    DecideTool,
    EndCall,
    ForceLanguage,
    OperatorLeft,
    Operators,
    OperatorWords,
    SayLine,
    Sentence,
    ToolCalled,
    ToolPending,
    Whisper,
)
from engine.settings import OperatorSettings
from tests.fakes.openai_server import Answer, FakeOpenAI
from tests.fakes.thinking_call import BOOKING, READ_BACK, TASK, ThinkingCall, texts


def content(body) -> str:
    return "\n".join(str(message["content"]) for message in body["messages"][1:])


def tell(call: ThinkingCall, message, now_us: int = 0) -> list[str]:
    return texts(call.take(operated.take(call.talk, message, now_us)))


def test_a_take_over_drops_the_thought_and_the_hand_back_tells_what_was_agreed():
    script = [Answer("Never said.", first_s=5), Answer("Thank you, I have noted that.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        tell(call, AgentSilenced("operator"))
        assert not call.talk.brain.thinks and server.dropped.wait(5)
        tell(call, OperatorWords(1, "Could we have a table at the window?", "en", 0.9, 0, 900))
        call.hears("Of course.")
        tell(call, OperatorLeft(agreed="a table at the window"))
        said = tell(call, AgentSilenced("")) + texts(call.think())
        assert "Thank you, I have noted that." in said
        memory = content(server.asked[1])
        assert "at the window?" in memory and "Of course." in memory and "Never said." not in memory


def test_what_a_muted_agent_has_not_answered_is_answered_afterwards():
    script = [Answer("Dropped.", first_s=5), Answer("For two, please.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        tell(call, AgentSilenced("muted"))
        assert call.hears("For how many people?") == []
        said = tell(call, AgentSilenced("")) + texts(call.think())
        assert said[-1] == "For two, please." and "Dropped." not in said


def test_a_thought_that_was_dropped_by_muting_is_thought_again():
    script = [Answer("Dropped.", first_s=5), Answer("A table, please.")]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        tell(call, AgentSilenced("muted"))
        said = tell(call, AgentSilenced("")) + texts(call.think())
        assert said[-1] == "A table, please."


def test_an_operators_line_does_not_become_a_part_of_the_models_utterance():
    slow = Answer("One thing. Another thing.", between_s=0.03, piece=6)
    with FakeOpenAI(slow) as server, ThinkingCall(server) as call:
        call.hears("La Luna.", think=False)
        call.wait_for_words(1)
        tell(call, SayLine("This is Kim."))
        call.think()
        of = {sentence.text: sentence.utterance for sentence in call.of(Sentence) if sentence.text}
        assert of["One thing."] < of["This is Kim."] < of["Another thing."]
        last = [s.utterance for s in call.of(Sentence) if s.last]
        assert sorted(last) == sorted(set(of.values())), "every utterance ends once"


def test_a_whisper_reaches_the_model_and_nobody_else():
    with (
        FakeOpenAI(Answer("A table."), Answer("By the window, please.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("La Luna.")
        assert tell(call, Whisper("ask for the window")) == []
        call.hears("Anything else?")
        assert "ask for the window" in content(server.asked[1])


def test_another_language_is_spoken_from_the_next_sentence_on():
    with (
        FakeOpenAI(Answer("A table."), Answer("Einen Tisch, bitte.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("La Luna.")
        tell(call, ForceLanguage("de"))
        said = call.hears("Wie bitte?")
        assert said[0].startswith("Guten Tag") and said[-1] == "Einen Tisch, bitte."
        assert server.asked[0]["messages"][0] != server.asked[1]["messages"][0]


def test_a_tool_that_waits_for_an_operator_goes_back_into_the_conversation():
    script = [
        Answer(READ_BACK),
        Answer(calls=[("book", BOOKING)]),
        Answer("Thank you, goodbye.", calls=[("end_call", {"reason": "done"})]),
    ]
    with FakeOpenAI(*script) as server, ThinkingCall(server) as call:
        rules = OperatorSettings(approve=("book",))
        brain = call.talk.brain
        call.talk = Conversation(TASK, lambda _: brain, lambda *_: None, b"", rules)
        tell(call, Operators(("kim",)))
        call.hears("Yes, we have a table.")
        call.hears("Yes, that is right.")
        [pending] = call.of(ToolPending)
        assert not call.talk.brain.thinks
        call.now_s += 15  # the operator's time is not the model's
        tell(call, DecideTool(pending.request, True, by="kim"))
        call.think()
        call.plays()
        assert [called.refused for called in call.of(ToolCalled) if called.tool == "book"] == [False]
        assert [end.outcome for end in call.of(EndCall)] == ["booked"]
        assert "Done." in server.asked[2]["messages"][-1]["content"]


def test_a_far_end_that_speaks_another_language_is_answered_in_it_without_the_opening_again():
    with (
        FakeOpenAI(Answer("A table for two."), Answer("Für zwei Personen.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("La Luna, good evening, how can I help you?")
        assert texts(call.take(call.talk.speaks("de", "far end", 0))) == []
        assert not call.talk.brain.thinks  # their words are still to come
        assert call.hears("Für wie viele Personen?") == ["Für zwei Personen."]
        assert "You both speak German from now on." in content(server.asked[1])


def test_a_far_end_that_never_spoke_our_language_is_told_once_who_calls():
    with (
        FakeOpenAI(Answer("A table for two."), Answer("Für zwei Personen."), Answer("Ja.")) as server,
        ThinkingCall(server) as call,
    ):
        call.hears("Hm.")
        call.take(call.talk.speaks("de", "far end", 0))
        said = call.hears("Für wie viele Personen?")
        assert said[0].startswith("Guten Tag") and said[-1] == "Für zwei Personen."
        assert call.hears("Für zwei?") == ["Ja."]


def test_a_call_that_is_followed_with_the_greeting_is_opened_in_that_language_alone():
    with FakeOpenAI(Answer("Einen Tisch, bitte.")) as server, ThinkingCall(server) as call:
        call.take(call.talk.speaks("de", "far end", 0))
        said = call.hears("Guten Abend, hier ist La Luna.")
        assert said[0].startswith("Guten Tag") and said[-1] == "Einen Tisch, bitte."
        assert {sentence.language for sentence in call.of(Sentence)} == {"de"}
        assert "from now on" not in content(server.asked[0])
