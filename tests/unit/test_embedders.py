"""The embedder of the settings: one is always there, the other is an extra and says what it lacks."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

from engine.errors import StateError
from engine.settings import CacheSettings
from engine.stores.embedder import Lexical, chosen_embedder
from engine.stores.replies import ReplyStore, Situation

ASKED_NAME = Situation("en", "asking", "name")


class FakeTextEmbedding:
    """In fastembed's place: as many numbers as the model's name says."""

    def __init__(self, model_name: str) -> None:
        if model_name == "unknown":
            raise ValueError("Model unknown is not supported.\nAnd so on.")
        self.size = int(model_name.rpartition("-")[2])

    def embed(self, texts):
        for text in texts:
            yield np.full(self.size, float(len(text)))


@pytest.fixture
def fastembed(monkeypatch):
    module = ModuleType("fastembed")
    module.TextEmbedding = FakeTextEmbedding
    monkeypatch.setitem(sys.modules, "fastembed", module)


def chosen(model: str):
    return chosen_embedder(CacheSettings(embedder="fastembed", embedder_model=model))


def test_without_a_word_the_lexical_embedder_is_used():
    assert isinstance(chosen_embedder(CacheSettings()), Lexical)


def test_an_extra_that_is_not_installed_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "fastembed", None)
    with pytest.raises(StateError, match=r"pip install 'call-thing\[fastembed\]'.*lexical"):
        chosen("any-8")


def test_a_model_that_cannot_be_had_says_what_to_do(fastembed):
    with pytest.raises(StateError, match=r"is not supported\.\).*cache\.embedder_model"):
        chosen("unknown")


def test_vectors_have_length_one_and_a_text_without_words_none(fastembed):
    embedder = chosen("group/model-8")
    assert embedder.name == "fastembed-group-model-8-8"
    assert embedder.embed("hello").shape == (8,)
    assert np.linalg.norm(embedder.embed("hello")) == pytest.approx(1)
    assert np.linalg.norm(embedder.embed("?!")) == 0


def test_entries_of_two_embedders_never_mix(fastembed, tmp_path):
    for embedder in (Lexical(), chosen("model-8"), chosen("model-16")):
        store = ReplyStore(tmp_path, embedder)
        assert store.all() == []
        store.put(ASKED_NAME, "what name is it", f"of {embedder.name}", "")
        found = store.nearest(ASKED_NAME, "what name is it")
        assert found is not None and found.template == f"of {embedder.name}"
        store.close()
