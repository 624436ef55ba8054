"""Audio made ahead: unheard until its sentence is said, nothing lost, nothing in the wrong order."""

from __future__ import annotations

from collections import deque

from hypothesis import given, settings, strategies as st

from engine.protocol import Sentence, SpeechAudio
from engine.turns.shelf import MadeAhead, Shelf


def sentence(text: str, index: int = 0, utterance: int = 1, last: bool = False) -> Sentence:
    return Sentence(utterance, index, last, 1, text, "en")


def piece(text: str, index: int = 0, utterance: int = 1, number: int = 0, last: bool = True) -> SpeechAudio:
    return SpeechAudio(utterance, index, number, last, False, 1, text, b"", tts_us=5000)


def texts(pieces: list[SpeechAudio]) -> list[str]:
    return [each.text for each in pieces]


def test_nothing_is_heard_before_its_sentence_is_said():
    shelf = Shelf()
    shelf.prepare(sentence("On Friday."))
    assert shelf.put(piece("On Friday."), 0) == []
    assert texts(shelf.say(sentence("On Friday."), 10)) == ["On Friday."]


def test_what_was_there_took_no_time_and_what_comes_later_is_counted_from_its_sentence():
    shelf = Shelf()
    for index, text in enumerate(("On Friday.", "At seven.")):
        shelf.prepare(sentence(text, index))
    shelf.put(piece("On Friday."), 0)
    assert [each.tts_us for each in shelf.say(sentence("On Friday."), 1000)] == [0]
    assert shelf.say(sentence("At seven.", 1), 1000) == []
    assert [each.tts_us for each in shelf.put(piece("At seven.", 1), 4000)] == [3000]


def test_another_sentence_than_the_prepared_one_comes_from_the_voice():
    shelf = Shelf()
    shelf.prepare(sentence("On Friday."))
    shelf.put(piece("On Friday."), 0)
    assert shelf.say(sentence("Pardon?"), 10) == []
    assert texts(shelf.pass_by(piece("Pardon?"), 20)) == ["Pardon?"]
    assert shelf.say(sentence("", 1, last=True), 30) == []


def test_the_rest_of_an_answer_waits_for_what_was_made_ahead_of_it():
    shelf = Shelf()
    shelf.prepare(sentence("One moment."))
    shelf.say(sentence("One moment."), 0)
    assert shelf.pass_by(piece("Booked.", 1), 10) == []
    assert texts(shelf.put(piece("One moment."), 20)) == ["One moment.", "Booked."]


def test_audio_that_overtakes_its_own_sentence_waits_for_what_was_prepared_before_it():
    shelf = Shelf()
    shelf.prepare(sentence("One moment."))
    shelf.put(piece("One moment."), 0)
    assert shelf.pass_by(piece("Booked.", 1), 10) == []
    assert texts(shelf.say(sentence("One moment."), 20)) == ["One moment.", "Booked."]


def test_a_voice_that_streams_goes_on_after_the_sentence_is_said():
    shelf = Shelf()
    shelf.prepare(sentence("On Friday."))
    shelf.put(piece("On Friday.", number=0, last=False), 0)
    assert [each.piece for each in shelf.say(sentence("On Friday."), 10)] == [0]
    assert [each.piece for each in shelf.put(piece("On Friday.", number=1), 20)] == [1]


def test_what_is_made_anew_does_not_come_from_the_shelf():
    shelf = Shelf()
    shelf.prepare(sentence("On Friday."))
    shelf.put(piece("On Friday."), 0)
    assert shelf.say(sentence("On Friday."), 10, anew=True) == []
    assert texts(shelf.pass_by(piece("On Friday."), 20)) == ["On Friday."]


def test_a_cut_takes_what_waits_with_it():
    shelf = Shelf()
    shelf.prepare(sentence("On Friday."))
    shelf.say(sentence("On Friday."), 0)
    shelf.cut(1)
    assert shelf.say(sentence("At seven.", 1), 10) == []
    shelf.prepare(sentence("Yes.", utterance=2))
    shelf.put(piece("Yes.", utterance=2), 20)
    assert texts(shelf.say(sentence("Yes.", utterance=2), 30)) == ["Yes."]


def test_the_same_sentence_is_made_once_though_its_answer_was_thrown_away_and_prepared_anew():
    made = MadeAhead()
    assert made.make(sentence("On Friday."))
    assert not made.make(sentence("On Friday."))
    assert made.said(sentence("On Friday."))


def test_what_followed_another_sentence_is_made_again():
    made = MadeAhead()
    made.make(sentence("Yes."))
    made.make(sentence("At seven.", 1))
    assert made.make(sentence("No.", 0))
    assert made.make(sentence("At seven.", 1))


ANSWER = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3)
TURN = st.tuples(st.lists(ANSWER, max_size=3), ANSWER)  # what was prepared and thrown away; what is said


def of_answer(answer: list[str], utterance: int) -> list[Sentence]:
    said = [sentence(text, index, utterance) for index, text in enumerate(answer)]
    return [*said, sentence("", len(answer), utterance, last=True)]


def in_pieces(each: Sentence) -> list[SpeechAudio]:
    return [
        SpeechAudio(each.utterance, each.index, number, number == 1, False, 1, each.text, b"")
        for number in range(2)
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(TURN, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_however_late_agent_and_voice_are_heard_what_was_said_is_played_in_order_and_nothing_else(
    turns, chance
):
    agent: deque[tuple[Sentence, bool]] = deque()
    voice: deque[tuple[SpeechAudio, bool]] = deque()
    made = MadeAhead()
    for utterance, (prepared, said) in enumerate(turns, 1):
        for answer in prepared:
            for each in of_answer(answer, utterance)[: chance.randint(1, 4)]:
                agent.append((each, True))
                if made.make(each):
                    voice.extend((piece, True) for piece in in_pieces(each))
        for each in of_answer(said, utterance):
            agent.append((each, False))
            if not made.said(each):
                voice.extend((piece, False) for piece in in_pieces(each))
    wanted = [
        piece for u, (_, said) in enumerate(turns, 1) for e in of_answer(said, u) for piece in in_pieces(e)
    ]
    shelf, played = Shelf(), []
    while agent or voice:
        if agent and (not voice or chance.random() < 0.5):
            each, ahead = agent.popleft()
            if ahead:
                shelf.prepare(each)
            else:
                played += shelf.say(each, 0)
        else:
            made_piece, ahead = voice.popleft()
            played += shelf.put(made_piece, 0) if ahead else shelf.pass_by(made_piece, 0)
    places = [(each.utterance, each.index, each.piece) for each in played]
    first = list(dict.fromkeys(places))  # playback takes a piece once
    assert first == [(each.utterance, each.index, each.piece) for each in wanted]
    heard = {(each.utterance, each.index): each.text for each in reversed(played)}
    assert heard == {(each.utterance, each.index): each.text for each in wanted}
