"""Which line a call may be placed on, decided before anything is dialled."""

from __future__ import annotations

import pytest

from engine.errors import CallRefused, ExitCode, ModelError
from engine.lines.placing import LINES, SIMULATED, may_place
from engine.recognizers.whisper import SIM_EAR


@pytest.mark.parametrize("model", [SIM_EAR, "small"])
def test_a_simulated_line_needs_no_model(model: str):
    assert may_place(SIMULATED, model, LINES) is None


@pytest.mark.parametrize("model", [SIM_EAR, "small"])
def test_a_line_that_is_not_there_is_said_to_be_missing_whatever_the_model(model: str):
    refused = may_place("sip", model, LINES)
    assert isinstance(refused, CallRefused)
    assert str(refused).startswith('There is no line "sip" in this version. Lines: simulated.')
    assert "models pull small" in str(refused)


def test_a_real_line_without_a_whisper_model_is_refused_with_the_command_that_brings_one():
    refused = may_place("sip", SIM_EAR, (SIMULATED, "sip"))
    assert isinstance(refused, ModelError) and refused.exit_code is ExitCode.MODEL
    assert "call-thing models pull small" in str(refused)


def test_a_real_line_with_a_whisper_model_may_be_called_on():
    assert may_place("sip", "small", (SIMULATED, "sip")) is None
