"""cache: a stored reply is served where it is safe, and nothing that fails is more than a miss."""

from __future__ import annotations

import msgspec
import pytest

from engine.errors import StateError
from engine.protocol import (
    CacheVerdict,
    CallClosed,
    DialogueState,
    EngineEvent,
    Flag,
    ForgetReply,
    InjectEvent,
    LanguageSwitched,
    ReplyForgotten,
    Sentence,
    Transcript,
)
from engine.settings import CacheSettings, Settings, TurnSettings
from engine.stores.remote import StoreAway
from engine.stores.replies import ReplyStore
from engine.workers import cache
from tests.fakes.fake_bus import Wait, heard

ASKING = DialogueState("asking", "", "en")
QUESTION = "for what day would you like the table"


@pytest.fixture
def bus(bus_of):
    return bus_of("cache", Settings(cache=CacheSettings(threshold=0.6)))


@pytest.fixture
def store():
    opened = ReplyStore(None)
    yield opened
    opened.close()


def final(text: str, turn: int, language: str = "en", flags: Flag = Flag.FINAL):
    return heard(Transcript(turn, text, True, language, 0.9, 0, 900), flags=flags)


def reply(turn: int, template: str = "On {date}, please.", sentences: int = 1, from_cache: bool = False):
    """The agent's answer as it says it: its sentences, then the empty one that ends the utterance."""
    said = [
        Sentence(
            turn, n, False, turn, "On Friday.", "en", template=template, state="asking", from_cache=from_cache
        )
        for n in range(sentences)
    ]
    return [heard(sentence) for sentence in (*said, Sentence(turn, sentences, True, turn, "", "en"))]


def verdicts(bus, opened, store, *steps) -> list[CacheVerdict]:
    bus.steps = [heard(opened()), heard(ASKING), *steps]
    cache.run(bus, [store] if store is not None else [])
    return bus.said(CacheVerdict)


def test_the_same_question_is_a_hit_once_its_answer_was_learnt(bus, opened, store):
    miss, hit = verdicts(bus, opened, store, final(QUESTION, 1), *reply(1), final(QUESTION + " please", 2))
    assert (miss.turn, miss.hit, miss.verdict) == (1, False, "nothing stored for this situation")
    assert (hit.turn, hit.hit, hit.template, hit.nearest) == (2, True, "On {date}, please.", QUESTION)
    assert 0.6 <= hit.similarity < 1
    assert hit.source


def test_another_number_is_refused_however_alike(bus, opened, store):
    seven, eight = (
        final(f"is a table at {hour} on friday fine", n) for n, hour in ((1, "seven"), (2, "eight"))
    )
    _, refused = verdicts(bus, opened, store, seven, *reply(1), eight)
    assert refused.similarity > 0.6
    assert not refused.hit
    assert refused.template == ""
    assert "times" in refused.verdict or "numbers" in refused.verdict


def test_the_opposite_is_refused(bus, opened, store):
    _, refused = verdicts(
        bus, opened, store, final("we do have a table", 1), *reply(1), final("we do not have a table", 2)
    )
    assert not refused.hit


def test_what_is_not_alike_says_how_far_it_is_off(bus, opened, store):
    _, refused = verdicts(bus, opened, store, final(QUESTION, 1), *reply(1), final("could you spell that", 2))
    assert not refused.hit
    assert "below 0.60" in refused.verdict


@pytest.mark.parametrize(
    "elsewhere",
    [
        DialogueState("confirming", "", "en"),
        DialogueState("asking", "yes_no", "en"),
    ],
)
def test_another_situation_knows_nothing(bus, opened, store, elsewhere):
    _, other = verdicts(
        bus, opened, store, final(QUESTION, 1), *reply(1), heard(elsewhere), final(QUESTION, 2)
    )
    assert other.verdict == "nothing stored for this situation"


def test_what_was_heard_in_another_language_is_a_miss(bus, opened, store):
    _, other = verdicts(bus, opened, store, final(QUESTION, 1), *reply(1), final(QUESTION, 2, language="de"))
    assert not other.hit and "another language" in other.verdict


@pytest.mark.parametrize(
    "answer",
    [reply(1, template=""), reply(1, sentences=2), reply(1, from_cache=True), reply(2), reply(1)[:1]],
    ids=["no template", "two sentences", "from the cache itself", "to another turn", "not finished"],
)
def test_such_replies_are_not_learnt(bus, opened, store, answer):
    *_, again = verdicts(bus, opened, store, final(QUESTION, 1), *answer, final(QUESTION, 2))
    assert again.verdict == "nothing stored for this situation"


def test_a_transcript_offered_again_does_not_disturb_what_is_being_learnt(bus, opened, store):
    sentence, end = reply(1)
    *_, hit = verdicts(
        bus,
        opened,
        store,
        final(QUESTION, 1),
        sentence,
        final(QUESTION, 1, flags=Flag.AGAIN),
        end,
        final(QUESTION, 2),
    )
    assert hit.hit


def test_partial_and_empty_transcripts_are_not_looked_up(bus, opened, store):
    partial = heard(Transcript(1, QUESTION, False, "en", 0.9, 0, 900))
    (empty,) = verdicts(bus, opened, store, partial, final("", 1))
    assert not empty.hit


def test_a_store_that_is_still_opening_is_a_miss(bus, opened):
    (miss,) = verdicts(bus, opened, None, final(QUESTION, 1), *reply(1))
    assert (miss.hit, miss.verdict) == (False, "the cache is not open")


class DeadStore:
    def put(self, *_):
        raise StateError("The disk is gone.")

    near = forget = put


def test_a_dead_store_is_a_miss_and_the_operator_is_told(bus, opened):
    first, second = verdicts(bus, opened, DeadStore(), final(QUESTION, 1), *reply(1), final(QUESTION, 2))
    assert (first.hit, first.verdict) == (False, "The disk is gone.")
    assert (second.hit, second.verdict) == (False, "the cache is not open")
    assert bus.note == "The disk is gone."


def test_a_store_that_cannot_be_written_does_not_end_the_room(bus, opened, store, monkeypatch):
    monkeypatch.setattr(store, "put", DeadStore().put)
    assert len(verdicts(bus, opened, store, final(QUESTION, 1), *reply(1), final(QUESTION, 2))) == 2


def test_calls_learn_from_each_other_and_a_closed_one_is_silent(bus, opened, store):
    bus.steps = [
        *(heard(message, call) for call in (1, 2) for message in (opened(), ASKING)),
        final(QUESTION, 1),
        *reply(1),
        heard(CallClosed("booked")),
        final(QUESTION, 2),
        heard(Transcript(1, QUESTION, True, "en", 0.9, 0, 900), 2),
    ]
    cache.run(bus, [store])
    assert [(sent.call, sent.message.hit) for sent in bus.sent] == [(1, False), (2, True)]


def test_a_served_reply_can_be_forgotten_by_the_id_it_was_served_with(bus, opened, store):
    (first, hit) = verdicts(bus, opened, store, final(QUESTION, 1), *reply(1), final(QUESTION, 2))
    assert hit.hit and not first.hit
    bus.sent.clear()
    *_, miss = verdicts(
        bus, opened, store,
        heard(ForgetReply(source=hit.source)), heard(ForgetReply(source=hit.source), call=0), final(QUESTION, 3),
    )  # fmt: skip
    told = [(sent.call, sent.message) for sent in bus.sent if isinstance(sent.message, ReplyForgotten)]
    assert told == [(1, ReplyForgotten(hit.source, True)), (0, ReplyForgotten(hit.source, False))]
    assert not miss.hit


@pytest.mark.parametrize("dead", [None, DeadStore()], ids=["not open", "dead"])
def test_nothing_can_be_forgotten_without_a_store(bus, opened, dead):
    verdicts(bus, opened, dead, heard(ForgetReply(source="7")))
    assert bus.said(ReplyForgotten) == [ReplyForgotten("7", False)]


FAILS = heard(InjectEvent(what="fail", room="cache", seconds=3))


def test_a_store_that_fails_for_a_while_gives_no_answer_learns_nothing_and_comes_back(bus, opened, store):
    first, later, learnt = verdicts(
        bus, opened, store,
        final(QUESTION, 1), FAILS, Wait(1000), final(QUESTION, 2), *reply(2), Wait(2000),
        final(QUESTION, 3), *reply(3), final(QUESTION, 4),
    )  # fmt: skip
    assert [first.turn, later.turn, learnt.turn] == [1, 3, 4]
    assert later.verdict == "nothing stored for this situation"
    assert learnt.hit
    events = [(sent.at_us, sent.message) for sent in bus.sent if isinstance(sent.message, EngineEvent)]
    assert [(at_us, event.level) for at_us, event in events] == [(1_000_000, "warning"), (4_000_000, "info")]
    assert bus.wake_at_us is None


def test_one_call_s_outage_is_not_another_s(bus, opened, store):
    other = heard(Transcript(1, QUESTION, True, "en", 0.9, 0, 900), 2)
    verdicts(bus, opened, store, heard(opened(), 2), FAILS, final(QUESTION, 1), other)
    assert [sent.call for sent in bus.sent if isinstance(sent.message, CacheVerdict)] == [2]


def test_the_same_question_in_other_words_is_a_hit_below_the_threshold(bus, opened, store):
    _, hit = verdicts(
        bus, opened, store, final("under what name please", 1), *reply(1), final("may I have your name", 2)
    )
    assert hit.hit and hit.similarity < hit.threshold == 0.6
    assert hit.verdict == "the same in other words"


def test_words_that_were_made_for_one_task_are_not_served_to_another(bus, opened, store):
    mine = opened()
    other = msgspec.structs.replace(mine.task, time="20:45", party_size=7)
    theirs = msgspec.structs.replace(mine, task=other)
    bus.steps = [
        *(heard(message) for message in (mine, ASKING)),
        *(heard(message, 2) for message in (theirs, ASKING)),
        final(QUESTION, 1),
        *reply(1, template="At seven in the evening."),
        heard(Transcript(1, QUESTION, True, "en", 0.9, 0, 900), 2),
        final(QUESTION, 2),
    ]
    cache.run(bus, [store])
    assert [(sent.call, sent.message.hit) for sent in bus.sent] == [(1, False), (2, False), (1, True)]


def test_two_stored_replies_that_differ_are_a_doubt_and_neither_is_served(bus, opened, store):
    *_, doubt = verdicts(
        bus, opened, store,
        final("under what name please", 1), *reply(1, template="One."),
        final("under which name then, and for how many people", 2), *reply(2, template="Other things."),
        final("what is your name", 3), *reply(3, template="Two."),
        final("may I have your name", 4),
    )  # fmt: skip
    assert not doubt.hit
    assert doubt.verdict == "two stored replies answer it differently"


def test_every_verdict_carries_the_threshold(bus, opened, store):
    for verdict in verdicts(
        bus, opened, store, final(QUESTION, 1), *reply(1), final(QUESTION, 2), final("", 3)
    ):
        assert verdict.threshold == 0.6


class AwayStore:
    """A server that does not answer until it is `back`."""

    def __init__(self, store) -> None:
        self._store = store
        self.back = False

    def near(self, situation, text):
        if not self.back:
            self.back = True
            raise StoreAway("the reply server is slow")
        return self._store.near(situation, text)

    def put(self, *reply):
        return self._store.put(*reply)


def test_a_server_that_is_away_is_a_miss_and_is_asked_again(bus, opened, store):
    first, second = verdicts(bus, opened, AwayStore(store), final(QUESTION, 1), *reply(1), final(QUESTION, 2))
    assert (first.hit, first.verdict) == (False, "the reply server is slow")
    assert second.hit
    assert bus.note == ""


def at_pause(text: str, turn: int, end_ms: int = 900):
    return heard(Transcript(turn, text, False, "en", 0.9, 0, end_ms, at_pause=True))


def test_the_words_at_a_pause_are_looked_up_and_the_final_ones_get_the_same_verdict(bus, opened, store):
    *_, ahead, last = verdicts(
        bus, opened, store, final(QUESTION, 1), *reply(1), at_pause(QUESTION, 2), final(QUESTION, 2)
    )
    assert (ahead.ahead, ahead.turn, ahead.end_ms, ahead.hit) == (True, 2, 900, True)
    assert (last.ahead, last.turn, last.end_ms, last.hit, last.source) == (False, 2, 900, True, ahead.source)
    assert [s.flags for s in bus.sent if isinstance(s.message, CacheVerdict)][1:] == [Flag.AHEAD, Flag.NONE]


def test_the_verdict_stands_although_the_answer_has_changed_the_situation_before_the_final_words(
    bus, opened, store
):
    later = heard(DialogueState("confirming", "yes_no", "en"))
    *_, last = verdicts(
        bus, opened, store, final(QUESTION, 1), *reply(1), at_pause(QUESTION, 2), *reply(2), later,
        final(QUESTION, 2),
    )  # fmt: skip
    assert last.hit


def test_another_situation_is_asked_about_anew_where_nothing_was_answered(bus, opened, store):
    later = heard(DialogueState("confirming", "yes_no", "en"))
    *_, last = verdicts(
        bus, opened, store, final(QUESTION, 1), *reply(1), at_pause(QUESTION, 2), later, final(QUESTION, 2)
    )
    assert last.verdict == "nothing stored for this situation"


@pytest.mark.parametrize("final_comes", ["before the answer", "after it", "in the middle"])
def test_an_answer_that_was_prepared_is_learnt_once_it_is_said(bus, opened, store, final_comes):
    sentence, end = reply(1)
    said = {
        "before the answer": [final(QUESTION, 1), sentence, end],
        "after it": [sentence, end, final(QUESTION, 1)],
        "in the middle": [sentence, final(QUESTION, 1), end],
    }[final_comes]
    *_, hit = verdicts(bus, opened, store, at_pause(QUESTION, 1), *said, final(QUESTION, 2))
    assert (hit.hit, hit.nearest) == (True, QUESTION)


def test_what_is_made_ahead_teaches_nothing(bus, opened, store):
    ahead = [each._replace(header=each.header._replace(flags=Flag.AHEAD)) for each in reply(1)]
    *_, again = verdicts(
        bus, opened, store, at_pause(QUESTION, 1), *ahead, final(QUESTION, 1), final(QUESTION, 2)
    )
    assert again.verdict == "nothing stored for this situation"


@pytest.mark.parametrize("speculate", ["off", "words"])
def test_nothing_is_looked_up_at_a_pause_where_no_answer_is_prepared(bus_of, opened, store, speculate):
    bus = bus_of("cache", Settings(turns=TurnSettings(speculate=speculate)))
    assert verdicts(bus, opened, store, at_pause(QUESTION, 1)) == []


def test_a_language_that_has_changed_is_the_one_that_is_looked_up_in_at_once(bus, opened, store):
    """The agent's own word on it comes after the transcript."""
    learnt = [
        heard(DialogueState("asking", "", "de")),
        final("für welchen tag", 1, "de"),
        *(
            heard(
                Sentence(
                    1, n, n == 1, 1, text, "de", template="Am {date}, bitte." if text else "", state="asking"
                )
            )
            for n, text in enumerate(("Am Freitag.", ""))
        ),
    ]
    *_, told = verdicts(
        bus, opened, store, *learnt, heard(ASKING), heard(LanguageSwitched("de", 2, "", "en")),
        final("für welchen tag", 2, "de"),
    )  # fmt: skip
    assert told.hit and told.template == "Am {date}, bitte."
