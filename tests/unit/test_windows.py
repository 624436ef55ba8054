"""How much audio a recogniser looks at, and where long speech is cut."""

from __future__ import annotations

import numpy as np
import pytest

from engine.recognizers.windows import BLOCK, SHORTEST_MS, Cutting, Window, pieces
from tests.fakes.far_ends import noise, silence, speech

SHORT = Cutting(3500, 150)
LONG = Cutting(15_000)
TALK = [
    speech("We have a table, but only at nine.", level_dbfs=-20.0), silence(300), speech("Would that be all right?"),
    silence(90), speech("The kitchen closes at ten."), silence(600), speech("Hello?", level_dbfs=-30.0),
]  # fmt: skip
LINES = {
    "clean": np.concatenate(TALK),
    "noisy": np.concatenate(TALK) + noise(60_000, -50.0)[: np.concatenate(TALK).size],
    "steady": noise(9000, -20.0),
    "silent": silence(9000),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("cutting", [SHORT, Cutting(1000), Cutting(2000, 60)], ids=str)
def test_pieces_are_the_whole_audio_and_none_is_too_long(line, cutting):
    cut = pieces(LINES[line], cutting)
    assert np.array_equal(np.concatenate(cut), LINES[line])
    assert all(0 < piece.size <= cutting.most_ms * 16 for piece in cut)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("cutting", [SHORT, Cutting(1500)], ids=str)
def test_the_pieces_of_a_beginning_are_final(line, cutting):
    whole = pieces(LINES[line], cutting)
    for ms in range(200, LINES[line].size // 16, 370):
        *before, _ = pieces(LINES[line][: ms * 16], cutting)
        assert all(np.array_equal(a, b) for a, b in zip(before, whole, strict=False)), ms


@pytest.mark.parametrize("line", ["clean", "noisy"])
def test_speech_is_cut_in_its_pauses(line):
    cut = pieces(LINES[line], SHORT)
    assert len(cut) >= 3
    borders = np.cumsum([piece.size for piece in cut])[:-1]
    clean = LINES["clean"].astype(np.float32)
    assert all(np.abs(clean[at - 2 * BLOCK : at + 2 * BLOCK]).mean() < 100 for at in borders)


def test_a_short_answer_stays_with_what_follows():
    cut = pieces(np.concatenate([noise(SHORTEST_MS - 200, -20.0), silence(200), noise(1000, -20.0)]), SHORT)
    assert len(cut) == 1


def test_a_pause_at_the_end_is_not_cut():
    assert len(pieces(np.concatenate([noise(1000, -20.0), silence(900)]), SHORT)) == 1


def test_speech_that_fits_is_one_piece_where_pauses_do_not_matter():
    assert len(pieces(LINES["clean"], LONG)) == 1


@pytest.mark.parametrize("samples", [0, 1, 159, 160, 500])
def test_very_little_audio_is_one_piece(samples):
    (piece,) = pieces(noise(1000, -20.0)[:samples], SHORT)
    assert piece.size == samples


@pytest.mark.parametrize(
    ("heard", "frames"), [(0, 1000), (300, 1000), (801, 1002), (1000, 1200), (2900, 3000), (3000, 3000)]
)
def test_a_cropped_window_has_a_floor_a_margin_and_an_end(heard, frames):
    assert Window(cropped=True).frames(heard, 3000, 10.0) == frames


def test_a_window_that_is_shorter_than_the_floor_is_given_whole():
    assert Window(cropped=True).frames(50, 400, 20.0) == 400


def test_an_uncropped_window_is_whole():
    assert Window(cropped=False).frames(50, 3000, 10.0) == 3000
