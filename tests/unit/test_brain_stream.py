"""A streaming answer becomes sentences and tool calls, however it is cut into pieces."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given, strategies as st

from engine.brains.stream import LONGEST_SENTENCE, Call, Ended, Reader, Sentences, Words


def sentences_of(text: str, size: int = 3) -> list[str]:
    splitter = Sentences()
    found = [one for start in range(0, len(text), size) for one in splitter.feed(text[start : start + size])]
    rest = splitter.rest()
    return [*found, rest] if rest else found


def chunk(content=None, finish=None, calls=(), refusal=None, usage=None):
    delta = SimpleNamespace(content=content, tool_calls=calls or None, refusal=refusal)
    return SimpleNamespace(choices=[SimpleNamespace(delta=delta, finish_reason=finish)], usage=usage)


def call(index=0, number=None, tool=None, arguments=None):
    return SimpleNamespace(index=index, id=number, function=SimpleNamespace(name=tool, arguments=arguments))


def read(*chunks) -> list:
    reader = Reader()
    return [piece for each in chunks for piece in reader.feed(each)] + reader.end()


@pytest.mark.parametrize("size", [1, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good evening. A table, please!", ["Good evening.", "A table, please!"]),
        ("At 7 p.m. on Friday. Is that all right?", ["At 7 p.m. on Friday.", "Is that all right?"]),
        ("For Mr. Smith at 19.30. Yes?", ["For Mr. Smith at 19.30.", "Yes?"]),
        ("Am 6. Juni um 19 Uhr. Geht das?", ["Am 6. Juni um 19 Uhr.", "Geht das?"]),
        ("Really?! Yes.", ["Really?!", "Yes."]),
        ('He said "no." And that was it.', ['He said "no."', "And that was it."]),
        ("One line\nand another", ["One line", "and another"]),
        ("B. E. R. G. is the name", ["B. E. R. G. is the name"]),
        ("   ", []),
    ],
)
def test_sentences_are_the_same_however_they_come(text, expected, size):
    assert sentences_of(text, size) == expected


@given(st.text(max_size=600), st.integers(1, 50))
def test_nothing_is_lost_or_added(text, size):
    assert "".join("".join(sentences_of(text, size)).split()) == "".join(text.split())


def test_a_sentence_that_does_not_end_is_cut_so_that_a_voice_can_begin():
    found = sentences_of("and so on and on, " * 40)
    assert len(found) > 1 and all(len(sentence) <= LONGEST_SENTENCE for sentence in found)


def test_tool_calls_in_fragments_are_put_together():
    pieces = read(
        chunk("Let me see. "),
        chunk(calls=[call(0, "a", "book", "")]),
        chunk(calls=[call(0, None, None, '{"da')]),
        chunk(calls=[call(1, "b", "end_call", ""), call(0, None, None, 'te": 1}')]),
        chunk(finish="tool_calls"),
    )
    assert pieces[0] == Words("Let me see.")
    assert pieces[1:3] == [Call("a", "book", '{"date": 1}'), Call("b", "end_call", "{}")]


def test_calls_that_all_have_the_index_0_are_told_apart_by_their_numbers():
    pieces = read(
        chunk(calls=[call(0, "a", "book", "{}")]),
        chunk(calls=[call(0, "b", "end_call", "{}")]),
        chunk(finish="stop"),
    )
    assert [piece.tool for piece in pieces if isinstance(piece, Call)] == ["book", "end_call"]


def test_half_a_sentence_is_not_said():
    assert [p for p in read(chunk("Yes. I would"), chunk(finish="length")) if isinstance(p, Words)] == [
        Words("Yes.")
    ]
    assert read(chunk("Yes. I would"))[-1] == Ended("", "", None, None)


def test_what_a_model_thinks_aloud_is_not_said():
    pieces = read(
        chunk("<thi"),
        chunk("nk>They want"),
        chunk(" it.</think>\n\nGood"),
        chunk(" evening."),
        chunk(finish="stop"),
    )
    assert [piece.text for piece in pieces if isinstance(piece, Words)] == ["Good evening."]


def test_usage_and_refusal_are_told_at_the_end():
    usage = SimpleNamespace(prompt_tokens=7, completion_tokens=3)
    last = SimpleNamespace(choices=[], usage=usage)
    assert read(chunk(refusal="No."), chunk(finish="stop"), last)[-1] == Ended("stop", "No.", 7, 3)
