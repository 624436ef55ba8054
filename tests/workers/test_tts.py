"""tts: sentences become audio, once, in pieces that playback can place."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from engine.protocol import CallClosed, EngineEvent, Flag, InjectEvent, Sentence, SpeechAudio, WordMark
from engine.settings import VoiceSettings
from engine.voices.base import Piece
from engine.voices.espeak import EspeakVoice, word_marks
from engine.workers import tts
from tests.fakes.fake_bus import Wait, heard

BREATH = 48_000 * 200 // 1000


class TwoPieces:
    """A streaming voice: two pieces of 10 samples."""

    def say(self, text, language):
        yield Piece(np.ones(10, np.int16), (WordMark(0, 2),))
        yield Piece(np.full(10, 2, np.int16), (WordMark(10, len(text)),))


@pytest.fixture(scope="module")
def espeak():
    return EspeakVoice(VoiceSettings())


@pytest.fixture
def bus(bus_of):
    return bus_of("tts")


def sentence(index: int = 0, text: str = "Good evening.", last: bool = False, utterance: int = 1) -> Sentence:
    return Sentence(utterance, index, last, 3, text, "en")


def test_a_sentence_becomes_pieces_with_their_place(bus):
    bus.steps = [heard(sentence())]
    tts.run(bus, TwoPieces())
    one, two = bus.said(SpeechAudio)
    assert (one.utterance, one.index, one.turn, one.text) == (1, 0, 3, "Good evening.")
    assert [(p.piece, p.last, p.ends_utterance) for p in (one, two)] == [(0, False, False), (1, True, False)]
    assert [p.marks for p in (one, two)] == [(WordMark(0, 2),), (WordMark(10, 13),)]


def test_a_breath_goes_before_every_sentence_but_the_first_and_moves_the_marks(bus):
    bus.steps = [heard(sentence(1))]
    tts.run(bus, TwoPieces())
    one, two = bus.said(SpeechAudio)
    assert len(one.pcm) // 2 == BREATH + 10
    assert len(two.pcm) // 2 == 10
    assert [mark.sample for p in (one, two) for mark in p.marks] == [BREATH, BREATH + 10]


def test_an_empty_sentence_ends_its_utterance_without_a_sound(bus):
    bus.steps = [heard(sentence(2, "", last=True))]
    tts.run(bus, TwoPieces())
    (end,) = bus.said(SpeechAudio)
    assert (end.pcm, end.last, end.ends_utterance) == (b"", True, True)


def test_a_sentence_is_said_once_unless_it_is_asked_for_again(bus):
    bus.steps = [heard(sentence()), heard(sentence()), heard(sentence(), flags=Flag.AGAIN)]
    tts.run(bus, TwoPieces())
    assert [sent.flags for sent in bus.sent] == [Flag.NONE] * 2 + [Flag.AGAIN] * 2


def test_a_closed_call_is_forgotten(bus):
    bus.steps = [heard(sentence()), heard(CallClosed("booked")), heard(sentence())]
    tts.run(bus, TwoPieces())
    assert len(bus.sent) == 4


@pytest.mark.parametrize("text", ["...", "…", "   ", "🤷‍♀️", "-", "\n", "!?"])
def test_a_sentence_without_sound_is_reported_and_ends_nothing_else(bus, espeak, text):
    bus.steps = [heard(sentence(text=text)), heard(sentence(1, "", last=True))]
    tts.run(bus, espeak)
    pieces = bus.said(SpeechAudio)
    assert [piece.last for piece in pieces] == [True, True]
    assert pieces[0].text == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Hello, I am an AI assistant, calling for Anna Berg."),
        ("de", "Guten Tag, ich hätte gern einen Tisch für zwei Personen."),
        ("es", "¿Tienen una mesa libre el viernes a las siete?"),
        ("nl", "Goedenavond, ik wil graag een tafel reserveren."),
    ],
)
def test_a_real_voice_marks_every_word(espeak, language, text):
    (piece,) = espeak.say(text, language)
    assert piece.pcm.dtype == np.int16
    assert 1.0 < piece.pcm.size / 48_000 < 8.0
    samples = [mark.sample for mark in piece.marks]
    assert samples == sorted(samples)
    assert samples[-1] < piece.pcm.size
    ends = [mark.char_end for mark in piece.marks]
    assert ends == sorted(ends)
    assert ends[-1] == len(text)
    assert len(ends) >= 0.8 * len(text.split())


def test_a_voice_still_speaks_when_another_one_has_come_and_gone(espeak):
    (before,) = espeak.say("Good evening.", "en")
    other = EspeakVoice(VoiceSettings())
    list(other.say("Goedenavond.", "nl"))
    del other
    gc.collect()
    (after,) = espeak.say("Good evening.", "en")
    assert after.pcm.size == pytest.approx(
        before.pcm.size, rel=0.05
    )  # espeak's breath is never twice the same
    assert [mark.char_end for mark in after.marks] == [mark.char_end for mark in before.marks]


def test_marks_reach_to_where_the_next_word_begins():
    assert word_marks("a table", [(0, 0), (100, 2)]) == (WordMark(0, 1), WordMark(100, 7))
    assert word_marks("...", []) == ()


def test_a_line_that_an_operator_typed_is_known_as_such(bus):
    bus.steps = [heard(sentence(), flags=Flag.OPERATOR), heard(sentence(), flags=Flag.OPERATOR | Flag.AGAIN)]
    tts.run(bus, TwoPieces())
    assert [sent.flags for sent in bus.sent] == [Flag.OPERATOR] * 2 + [Flag.OPERATOR | Flag.AGAIN] * 2


def test_sentences_wait_for_a_voice_that_fails_and_are_said_in_order_when_it_is_back(bus):
    fails = heard(InjectEvent(what="fail", room="tts", seconds=2))
    bus.steps = [
        heard(sentence()), fails, heard(sentence(1, "One.")), heard(sentence(2, "Two."), flags=Flag.OPERATOR),
        heard(sentence(), 2), Wait(1999), heard(sentence(3, "", last=True)), Wait(1), heard(sentence(utterance=2)),
    ]  # fmt: skip
    tts.run(bus, TwoPieces())
    said = [
        (sent.at_us, sent.call, sent.message) for sent in bus.sent if isinstance(sent.message, SpeechAudio)
    ]
    first = [(at, call, piece.utterance, piece.index) for at, call, piece in said if piece.piece == 0]
    assert first == [
        (1_000_000, 1, 1, 0), (1_000_000, 2, 1, 0), (3_000_000, 1, 1, 1), (3_000_000, 1, 1, 2),
        (3_000_000, 1, 1, 3), (3_000_000, 1, 2, 0),
    ]  # fmt: skip
    assert [sent.flags for sent in bus.sent if sent.flags] == [Flag.OPERATOR] * 2
    assert [piece.tts_us for _, _, piece in said if piece.index == 1] == [2_000_000] * 2
    assert [(sent.at_us, sent.message.level) for sent in bus.sent if isinstance(sent.message, EngineEvent)] == [
        (1_000_000, "warning"), (3_000_000, "info"),
    ]  # fmt: skip
    assert bus.wake_at_us is None


def test_what_waits_for_a_voice_is_forgotten_with_its_call(bus):
    fails = heard(InjectEvent(what="fail", room="tts", seconds=2))
    bus.steps = [fails, heard(sentence()), heard(CallClosed("booked")), Wait(5000)]
    tts.run(bus, TwoPieces())
    assert bus.said(SpeechAudio) == []


def test_a_sentence_that_is_prepared_is_made_at_once_and_once(bus):
    bus.steps = [heard(sentence(), flags=Flag.AHEAD), heard(sentence(), flags=Flag.AHEAD), heard(sentence())]
    tts.run(bus, TwoPieces())
    assert [sent.flags for sent in bus.sent] == [Flag.AHEAD, Flag.AHEAD]


def test_what_is_said_instead_of_what_was_prepared_is_made_and_all_that_follows(bus):
    prepared = [heard(sentence(n, text), flags=Flag.AHEAD) for n, text in enumerate(("Yes.", "At seven."))]
    bus.steps = [*prepared, heard(sentence(0, "Pardon?")), heard(sentence(1, "At seven."))]
    tts.run(bus, TwoPieces())
    said = [sent.message.text for sent in bus.sent if not sent.flags and sent.message.last]
    assert said == ["Pardon?", "At seven."]


@pytest.mark.parametrize("flag", [Flag.AGAIN, Flag.OPERATOR])
def test_what_is_offered_again_or_typed_is_made_whatever_was_made_ahead(bus, flag):
    bus.steps = [heard(sentence(), flags=Flag.AHEAD), heard(sentence(), flags=flag)]
    tts.run(bus, TwoPieces())
    assert [sent.flags for sent in bus.sent] == [Flag.AHEAD, Flag.AHEAD, flag, flag]


def test_nothing_is_made_ahead_while_the_voice_is_away_and_what_is_said_then_comes_later(bus):
    away = InjectEvent(what="fail", room="tts", seconds=2)
    bus.steps = [heard(away), heard(sentence(), flags=Flag.AHEAD), heard(sentence()), Wait(2500)]
    tts.run(bus, TwoPieces())
    assert [sent.flags for sent in bus.sent if isinstance(sent.message, SpeechAudio)] == [
        Flag.NONE,
        Flag.NONE,
    ]
