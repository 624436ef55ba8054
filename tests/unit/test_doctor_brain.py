"""Doctor asks the brain's server for its models, and tells what is wrong without its key."""

from __future__ import annotations

import pytest

from engine.doctor import Missing
from engine.doctor_brain import brain
from engine.settings import BrainSettings
from tests.fakes.openai_server import MODEL, FakeOpenAI


def of(server: FakeOpenAI, **given) -> BrainSettings:
    return BrainSettings(**{"kind": "openai", "model": MODEL, "base_url": server.url, **given})


def test_a_server_that_has_the_model_is_well():
    with FakeOpenAI() as server:
        assert brain(of(server, key_env="MINE"), {"MINE": "sk-1"}).endswith(f"answers and has {MODEL}")
        assert server.keys == ["Bearer sk-1"] and not server.asked


def test_a_model_that_is_not_there_is_told_with_those_that_are():
    with FakeOpenAI() as server, pytest.raises(Missing, match=f"no model other; it has {MODEL}"):
        brain(of(server, model="other"), {})


def test_a_server_that_is_not_there_is_told():
    with FakeOpenAI() as server:
        settings = of(server)
    with pytest.raises(Missing, match="does not answer"):
        brain(settings, {})


def test_openai_without_a_key_is_told_before_anything_is_asked():
    with pytest.raises(Missing, match="OPENAI_API_KEY"):
        brain(BrainSettings(kind="openai", model="m"), {})


def test_the_scripted_brain_needs_nothing():
    assert brain(BrainSettings(), {}).startswith("scripted")
