"""The transcript's entries: partials, finals, what was cut, what was truly said."""

from console.state.entries import AgentEntry, FarEntry, ToolEntry
from console.state.store import Store
from console.state.tools import Tools
from console.state.transcript import MAX_ENTRIES, Conversation
from engine.protocol import (
    BargeIn,
    FarEndTruth,
    Sentence,
    SpeechStarted,
    Spoken,
    ToolCalled,
    Transcript,
    TurnEnded,
)
from tests.console.support import feed
from tests.fakes.sample_call import conversation, turn_latency


def heard(turn: int, text: str, final: bool, dropped: str = "") -> Transcript:
    return Transcript(turn, text, final, "en", 0.9, 0, 0, dropped=dropped)


def sentence(utterance: int, index: int, text: str, turn: int = 1, **more: bool) -> Sentence:
    return Sentence(utterance, index, True, turn, text, "en", **more)


def visible(talk: Conversation) -> list[object]:
    return [entry for entry in talk.entries if entry.visible]


def test_a_partial_grows_in_place_and_a_final_stays():
    talk = Conversation()
    talk.speech_started(SpeechStarted(1, 0), 0)
    for text, final in (
        ("half", False),
        ("half past", False),
        ("Half past seven.", True),
        ("half past", False),
    ):
        talk.transcript(heard(1, text, final), 10)
    assert len(talk.entries) == 1
    assert (talk.entries[0].text, talk.entries[0].final) == ("Half past seven.", True)


def test_dropped_words_leave_no_entry():
    talk = Conversation()
    talk.transcript(heard(1, "thank you for watching", True, dropped="silence"), 0)
    assert visible(talk) == []


def test_silence_judged_over_without_words_leaves_no_entry():
    talk = Conversation()
    talk.speech_started(SpeechStarted(1, 0), 0)
    assert len(visible(talk)) == 1
    talk.turn_ended(TurnEnded(1, 0, 10, 20, 350, "quiet"), 20)
    assert visible(talk) == []


def test_what_is_spoken_grows_and_the_rest_is_still_to_come():
    talk = Conversation()
    talk.sentence(sentence(1, 0, "A table for four, please."), 0, 0.0)
    talk.sentence(sentence(1, 1, "At eight."), 1, 0.0)
    talk.spoken(Spoken(1, 0, "A table for", False), 2)
    entry = talk.entries[0]
    assert (entry.spoken, entry.unspoken, entry.cut) == ("A table for", "four, please. At eight.", False)


def test_a_barge_in_cuts_the_sentence_and_all_after_it():
    talk = Conversation()
    talk.sentence(sentence(1, 0, "A table for four, please."), 0, 0.0)
    talk.sentence(sentence(1, 1, "At eight."), 1, 0.0)
    talk.speech_started(SpeechStarted(2, 0), 2)
    talk.barge_in(BargeIn("cut", 0))
    talk.spoken(Spoken(1, 0, "A table", True, True, True), 3)
    agent, far = talk.entries
    assert (agent.spoken, agent.unspoken, agent.cut) == ("A table", "for four, please. At eight.", True)
    assert far.barged_in


def test_ducking_cuts_nothing():
    talk = Conversation()
    talk.speech_started(SpeechStarted(2, 0), 2)
    talk.barge_in(BargeIn("duck", 0))
    assert not talk.entries[0].barged_in


def test_an_answer_thrown_away_before_its_first_word_is_not_shown():
    talk = Conversation()
    talk.sentence(sentence(1, 0, "Prepared on suspicion."), 0, 0.0)
    talk.sentence(sentence(2, 0, "The real answer."), 5, 0.0)
    assert [entry.utterance for entry in visible(talk)] == [2]


def test_latency_stands_beside_the_first_answer_of_its_turn():
    talk = Conversation()
    talk.sentence(sentence(1, 0, "One.", turn=3), 0, 0.0)
    talk.spoken(Spoken(1, 0, "One.", True), 1)
    talk.sentence(sentence(2, 0, "Two.", turn=3), 2, 0.0)
    talk.latency(turn_latency(3, asr=1, cache=1, llm=1, tts=1))
    assert talk.entries[0].voice_to_voice_ms is not None and talk.entries[1].voice_to_voice_ms is None


def test_the_cache_is_named_beside_a_stored_reply():
    talk = Conversation()
    talk.sentence(sentence(1, 0, "One.", from_cache=True), 0, 0.96)
    assert talk.entries[0].from_cache and talk.entries[0].similarity == 0.96


def test_truth_is_shown_only_when_something_else_was_heard():
    talk = Conversation()
    talk.speech_started(SpeechStarted(1, 0), 100_000)
    talk.truth(FarEndTruth("At eight, please!", 60_000, 900_000))
    talk.transcript(heard(1, "at eight please", True), 1_000_000)
    assert talk.entries[0].differs == ""
    talk.speech_started(SpeechStarted(2, 0), 3_100_000)
    talk.transcript(heard(2, "at nine", True), 4_000_000)
    talk.truth(FarEndTruth("At eight.", 3_060_000, 3_900_000))
    assert talk.entries[1].differs == "At eight."


def test_truth_that_comes_first_waits_for_its_turn():
    talk = Conversation()
    talk.truth(FarEndTruth("At eight.", 60_000, 900_000))
    talk.transcript(heard(1, "at nine", True), 700_000)
    assert talk.entries[0].differs == "At eight."


def test_two_sentences_heard_as_one_turn_are_compared_together():
    talk = Conversation()
    talk.speech_started(SpeechStarted(1, 0), 0)
    talk.truth(FarEndTruth("One moment.", 0, 800_000))
    talk.truth(FarEndTruth("Yes, at eight.", 1_500_000, 2_400_000))
    talk.transcript(heard(1, "one moment yes at eight", True), 2_800_000)
    assert talk.entries[0].differs == ""


def test_tools_stand_in_the_conversation():
    talk = Conversation()
    arguments = {"time": "20:00", "party": 4, "phone": "", "by": {"a": "b"}}
    Tools(talk).take(ToolCalled("book", arguments, "too late", refused=True), 0)
    tool = talk.entries[0]
    assert isinstance(tool, ToolEntry) and tool.refused and tool.arguments == "time 20:00, party 4"
    assert tool.state == "refused" and tool.values == arguments


def test_a_long_call_keeps_its_newest_words_only():
    talk = Conversation()
    for turn in range(MAX_ENTRIES + 20):
        talk.transcript(heard(turn, "yes", True), turn)
    assert len(talk.entries) == MAX_ENTRIES and len(talk._turns) == MAX_ENTRIES
    assert talk.entries[-1].turn == MAX_ENTRIES + 19


def test_the_sample_call_shows_every_kind_of_entry():
    store = Store()
    feed(store, conversation())
    entries = store.calls[1].conversation.entries
    assert {type(entry) for entry in entries} == {FarEntry, AgentEntry, ToolEntry}
    assert any(isinstance(entry, AgentEntry) and entry.cut for entry in entries)
