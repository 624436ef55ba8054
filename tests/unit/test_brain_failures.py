"""What is told of a server that fails, when it is asked again, and where its key comes from."""

from __future__ import annotations

import pytest

from engine.brains.ending import last_words, outcome_of
from engine.brains.failures import of_status
from engine.brains.keys import key_names, key_of
from engine.brains.trying import MOST_TURNS, Trying
from engine.errors import SettingsError
from engine.protocol import Task
from engine.settings import BrainSettings

TASK = Task(
    restaurant="La Luna", today="2025-06-02", date="2025-06-06", time="19:00", party_size=2, name="Anna Berg"
)


def test_only_what_may_pass_is_tried_again():
    again = {status for status in (400, 401, 403, 404, 408, 429, 500, 503) if of_status(status, "").again}
    assert again == {408, 429, 500, 503}


@pytest.mark.parametrize("headers", [None, {}, {"retry-after": "soon"}, {"retry-after": "-1"}])
def test_a_wait_that_can_not_be_read_is_none(headers):
    assert of_status(429, "", headers).wait_s == 0


def test_the_option_that_a_server_does_not_take_is_the_one_it_names():
    message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."
    assert of_status(400, message).option == "max_tokens"
    assert of_status(400, "unknown", param="stream_options").option == "stream_options"


def test_no_word_of_a_failure_holds_a_key():
    assert "abcdef" not in of_status(400, "bad key sk-abcdef123 for Bearer abcdef").words


def test_a_model_that_fails_again_and_again_is_left_alone_for_longer():
    trying, asked = Trying(), []
    for turn in range(30):
        if trying.due(float(turn)):
            asked.append(turn)
            trying.failed(float(turn))
    assert asked[:4] == [0, 1, 3, 6] and asked[-1] - asked[-2] == MOST_TURNS + 1
    assert trying.well() and trying.due(0.0) and not trying.well()


def test_what_a_server_asks_us_to_wait_is_waited():
    trying = Trying()
    trying.failed(10.0, wait_s=20.0)
    assert not trying.due(29.0) and trying.due(30.0)


def test_openais_key_is_sent_to_nobody_else():
    environment = {"OPENAI_API_KEY": "sk-1", "MINE": "sk-2"}
    assert key_of(BrainSettings(), environment) == "sk-1"
    assert key_of(BrainSettings(base_url="http://127.0.0.1:11434/v1"), environment) == ""
    assert key_of(BrainSettings(base_url="http://127.0.0.1:1/v1", key_env="MINE"), environment) == "sk-2"


def test_a_key_may_lie_in_a_file_that_only_we_can_read(tmp_path):
    path = tmp_path / "key"
    path.write_text("sk-3\n")
    path.chmod(0o600)
    assert key_of(BrainSettings(key_file=str(path)), {}) == "sk-3"
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600") as error:
        key_of(BrainSettings(key_file=str(path)), {})
    assert "sk-3" not in str(error.value)


def test_a_key_that_is_missing_or_none_is_told():
    with pytest.raises(SettingsError, match="OPENAI_API_KEY"):
        key_of(BrainSettings(), {})
    with pytest.raises(SettingsError, match="no key"):
        key_of(BrainSettings(), {"OPENAI_API_KEY": "two words"})


def test_rooms_that_do_not_think_are_not_given_the_key():
    assert key_names(BrainSettings(kind="openai")) == {"OPENAI_API_KEY"}


@pytest.mark.parametrize(
    ("status", "heard", "outcome"),
    [
        ("booked", "We are closed on Sunday.", "booked"),
        ("open", "Your table is booked.", "needs_human"),
        ("declined", "No.", "no_table"),
        ("open", "You have the wrong number.", "wrong_number"),
        ("declined", "We are closed on that day.", "closed"),
    ],
)
def test_the_outcome_is_read_from_the_record_and_from_what_they_said(status, heard, outcome):
    assert outcome_of(status, [heard], TASK, "en") == outcome


def test_the_last_words_say_that_nothing_is_confirmed_where_recording_was_refused():
    assert last_words("open", refused=True) == "not_confirmed" and last_words("booked", False) == "booked"
