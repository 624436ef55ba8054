"""The lexical embedding: alike is near, different is far, and it is the same in every process."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st

from engine.stores.embedder import DIMENSIONS, embed


def alike(one: str, other: str) -> float:
    return float(embed(one) @ embed(other))


@given(text=st.text(max_size=200))
def test_every_text_has_length_one_or_nothing(text):
    vector = embed(text)
    assert vector.shape == (DIMENSIONS,)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert not vector.any() or np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


@given(text=st.text(max_size=100))
def test_a_text_is_like_itself_whatever_its_case_and_punctuation(text):
    assert np.array_equal(embed(text), embed(f"  {text}... "))


def test_case_and_punctuation_do_not_count():
    assert alike("What name, please?", "what name please") == pytest.approx(1)


@pytest.mark.parametrize(
    ("heard", "near", "far"),
    [
        ("what name is it for", "and what name is it for please", "we are fully booked on friday"),
        ("für wie viele Personen", "für wie viele Personen denn", "auf welchen Namen"),
        ("¿a qué nombre?", "a qué nombre la reserva", "estamos completos"),
        ("voor hoeveel personen", "voor hoeveel personen is het", "wij zijn gesloten"),
    ],
)
def test_the_same_question_is_nearer_than_another_one(heard, near, far):
    assert alike(heard, near) > 0.6 > 0.4 > alike(heard, far)


def test_two_sentences_that_differ_in_one_number_are_alike():
    """That is why the guard decides and not the similarity."""
    assert alike("we have a table at seven on friday", "we have a table at eight on friday") > 0.75


def test_a_text_without_letters_is_like_nothing():
    assert not embed("?!... ").any()
    assert not embed("").any()


def test_another_process_finds_the_same_vector():
    code = "from engine.stores.embedder import embed; print(embed('Guten Abend').tobytes().hex())"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert other == embed("Guten Abend").tobytes().hex()
