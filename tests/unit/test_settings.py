"""Settings: file, then environment, then flags; an error names its source, the line where there is one, the field."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ExitCode, SettingsError
from engine.settings import Settings
from engine.settings_sources import load


@pytest.fixture
def toml(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "call-thing.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_without_any_source_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load(environment={}) == Settings()


def test_the_file_in_the_working_directory_is_read(toml, monkeypatch):
    monkeypatch.chdir(toml("[vad]\nenter = 0.6\n").parent)
    assert load(environment={}).vad.enter == 0.6


def test_environment_wins_over_file_and_flag_over_both(toml):
    path = toml('language = "de"\n[vad]\nenter = 0.6\nexit = 0.2\n[turns]\npause_ms = 100\n')
    settings = load(
        path,
        {"CALL_THING_VAD__ENTER": "0.7", "CALL_THING_TURNS__PAUSE_MS": "110", "PATH": "/bin"},
        {"turns.pause_ms": 120, "language": None},
    )
    assert (settings.vad.enter, settings.vad.exit) == (0.7, 0.2)
    assert settings.turns.pause_ms == 120
    assert settings.language == "de"


def test_names_with_underscores_are_found_in_the_environment():
    settings = load(environment={"CALL_THING_STATE_DIR": "/tmp/x", "CALL_THING_CALL__MAX_SECONDS": "60"})
    assert settings.state_path == Path("/tmp/x")
    assert settings.call.max_seconds == 60


def test_truth_values_are_read_from_words():
    assert load(environment={"CALL_THING_CACHE__ENABLED": "false"}).cache.enabled is False


def test_the_state_directory_is_absolute_and_home_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    assert load(environment={}, flags={"state_dir": "~/calls"}).state_path == Path("/home/somebody/calls")
    assert Settings().state_path.is_absolute()


def error(*sources, **named) -> str:
    with pytest.raises(SettingsError) as caught:
        load(*sources, **named)
    assert caught.value.exit_code == ExitCode.BAD_INPUT
    return str(caught.value)


def test_a_file_that_was_named_must_exist(tmp_path):
    assert "no such settings file" in error(tmp_path / "none.toml", {})


def test_a_folder_is_no_settings_file(tmp_path):
    assert "cannot be read" in error(tmp_path, {})


def test_bad_toml_names_file_and_line(toml):
    text = error(toml("[vad]\nenter = = 1\n"), {})
    assert "call-thing.toml" in text
    assert "line 2" in text


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "call-thing.toml"
    path.write_bytes(b"language = '\xff'")
    assert "cannot be read" in error(path, {})


def test_a_wrong_value_in_the_file_names_file_line_and_field(toml):
    text = error(toml('[vad]\nexit = 0.3\nenter = "high"\n'), {})
    assert "call-thing.toml:3: vad.enter" in text


def test_the_line_is_that_of_the_right_group(toml):
    text = error(
        toml('[voice]\nen = "en-us"\n[cache]\nthreshold = 0.9\n[turns]\n# pause_ms = 1\npause_ms = "long"\n'),
        {},
    )
    assert ":7: turns.pause_ms" in text


def test_an_unknown_field_is_told_with_its_line(toml):
    text = error(toml("[vad]\nenter = 0.5\nentre = 0.6\n"), {})
    assert ":3: vad.entre: Object contains unknown field" in text


def test_an_unknown_group_is_told_with_its_line(toml):
    text = error(toml("[vad]\nenter = 0.5\n[vox]\nx = 1\n"), {})
    assert ":3: vox: " in text


def test_a_wrong_variable_is_named():
    text = error(None, {"CALL_THING_VAD__ENTER": "high"})
    assert "CALL_THING_VAD__ENTER: vad.enter" in text


def test_an_unknown_variable_is_named():
    assert "CALL_THING_VAD__ENTRE" in error(None, {"CALL_THING_VAD__ENTRE": "0.5"})


def test_a_value_used_as_a_group_is_told(toml):
    text = error(toml('language = "de"\n'), {"CALL_THING_LANGUAGE__X": "1"})
    assert "CALL_THING_LANGUAGE__X: language is a value" in text


def test_a_group_given_as_a_value_is_told():
    assert "CALL_THING_VAD: vad" in error(None, {"CALL_THING_VAD": "0.5"})


def test_a_wrong_flag_is_named_as_it_is_typed():
    text = error(None, {}, {"engine.command_port": "http"})
    assert "--engine-command-port: engine.command_port" in text


@pytest.mark.parametrize(
    "given",
    [
        {"vad.enter": 1.5},
        {"vad.enter": float("nan")},
        {"vad.window_ms": 0},
        {"turns.hangover_ms": -1},
        {"recognizer.partial_every_ms": 0},
        {"cache.threshold": 2},
        {"engine.command_port": 70_000},
        {"engine.hung_after_ms": 1},
        {"call.max_seconds": 0},
        {"voice.rate_wpm": 0},
        {"language": "fr"},
    ],
    ids=str,
)
def test_values_that_no_engine_can_use_are_refused(given):
    (field,) = given
    assert f": {field}: " in error(None, {}, given)


MAIN = '[sip.accounts.main]\nprovider = "sip.example.net"\n'


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ('[sip]\nlisten = "192.0.2.1"\n', "sip.allowed_peers", "must not be empty"),
        ('[sip]\nlisten = "my.host"\n', ":2: sip.listen", "IP address"),
        ('[sip]\nlisten = "0.0.0.0"\nallowed_peers = ["10.0.0.0/8"]\n', ":2: sip.listen", "one IP address"),
        ('[sip]\nlisten = "::"\nallowed_peers = ["10.0.0.0/8"]\n', ":2: sip.listen", "one IP address"),
        ('[sip]\nallowed_peers = ["sip.example.net"]\n', ":2: sip.allowed_peers", "A name does not do"),
        ('[sip]\nallowed_peers = ["0.0.0.0/0"]\n', ":2: sip.allowed_peers", "nearly everybody"),
        ('[sip]\nallowed_peers = ["::/0"]\n', ":2: sip.allowed_peers", "nearly everybody"),
        (f"[sip]\nallowed_peers = {['192.0.2.1'] * 51}\n", ":2: sip.allowed_peers", "50 is the most"),
        ('[sip]\nrtp_ports = "20001-30000"\n', ":2: sip.rtp_ports", "two even ports"),
        ('[sip]\nrtp_ports = "30000-20000"\n', ":2: sip.rtp_ports", "LOW-HIGH"),
        ('[sip]\nrtp_ports = "20000-20010"\n', ":2: sip.rtp_ports", "at least 20"),
        ('[sip]\nrtp_ports = "80-2000"\n', ":2: sip.rtp_ports", "1024"),
        ('[sip]\nrtp_ports = "many"\n', ":2: sip.rtp_ports", "LOW-HIGH"),
        ("[sip]\ncodecs = []\n", ":2: sip.codecs", "must not be empty"),
        (
            '[sip]\nlisten = "192.0.2.1"\nallowed_peers = ["192.0.2.0/24"]\ncodecs = ["opus"]\n',
            ":4: sip.codecs",
            "pcmu or pcma",
        ),
        ('[sip]\naccount = "other"\n' + MAIN, ":2: sip.account", "Accounts: main"),
        ('[sip.accounts.main]\nuser = "a"\n', ":1: sip.accounts.main", "provider is missing"),
        (MAIN + 'transport = "udp"\n', ":1: sip.accounts.main", 'encryption = "dtls", or "off"'),
        (MAIN + 'password_env = "P"\npassword_file = "p"\n', ":1: sip.accounts.main", "keep one"),
        ('[dial]\nhours = "9-21"\n', ":2: dial.hours", "09:00-21:00"),
        ('[dial]\nhours = "09:00-09:00"\n', ":2: dial.hours", "different"),
        ('[dial]\ncountry = "Germany"\n', ":2: dial.country", "two letters"),
        ('[dial]\nrefused = ["030 1234567"]\n', ":2: dial.refused", "would never match"),
        ('[dial]\nallowed = ["+49*30"]\n', ":2: dial.allowed", "only at the end"),
    ],
)
def test_settings_that_do_not_fit_one_another_are_refused(toml, text, where, what):
    words = error(toml(text), {})
    assert where in words and what in words


@pytest.mark.parametrize(
    "text",
    [
        '[sip]\nlisten = "192.0.2.1"\nallowed_peers = ["192.0.2.0/24", "2001:db8::1"]\ncodecs = ["pcma"]\n',
        '[sip]\naccount = "main"\ncodecs = ["opus"]\nrtp_ports = "20000-20020"\n' + MAIN,
        MAIN + 'transport = "udp"\nencryption = "off"\n',
        MAIN + 'transport = "tcp"\nencryption = "dtls"\n',
        '[sip.accounts.test]\nprovider = "127.0.0.1:5070"\ntransport = "udp"\n',
        '[dial]\nhours = "00:00-24:00"\ncountry = "de"\nallowed = ["+49 30*", "anna@example.org", "*"]\n',
    ],
)
def test_settings_of_a_real_line_that_fit_are_taken(toml, text):
    load(toml(text), {})


def test_an_account_may_come_from_the_environment_in_any_order():
    environment = {
        "CALL_THING_SIP__ACCOUNTS__MAIN__TRANSPORT": "udp",
        "CALL_THING_SIP__ACCOUNTS__MAIN__ENCRYPTION": "off",
        "CALL_THING_SIP__ACCOUNTS__MAIN__PROVIDER": "sip.example.net",
        "CALL_THING_SIP__ACCOUNT": "main",
    }
    assert load(environment=environment).sip.accounts["main"].transport == "udp"
    assert "CALL_THING_SIP" not in error(None, {"CALL_THING_SIP__ACCOUNT": "main"})


@pytest.mark.parametrize(
    ("text", "approve"),
    [
        ('["book"]', ("book",)),
        (' ["book", "change"]', ("book", "change")),
        ("book,change", ("book", "change")),
        ("book, cancel,", ("book", "cancel")),
        ("book", ("book",)),
        ("", ()),
        ("[]", ()),
    ],
)
def test_a_list_in_the_environment_is_a_json_array_or_words_between_commas(text, approve):
    assert load(environment={"CALL_THING_OPERATOR__APPROVE": text}).operator.approve == approve


def test_every_list_may_come_from_the_environment_and_wins_over_the_file(toml):
    path = toml('[dial]\nallowed = ["+4930*"]\n')
    environment = {
        "CALL_THING_DIAL__ALLOWED": "+49 40*,anna@example.org",
        "CALL_THING_SIP__CODECS": '["pcma"]',
    }
    settings = load(path, environment)
    assert settings.dial.allowed == ("+49 40*", "anna@example.org")
    assert settings.sip.codecs == ("pcma",)


def test_a_text_with_a_comma_stays_a_text():
    assert load(environment={"CALL_THING_CONSOLE__OPERATOR": "Anna, Ben"}).console.operator == "Anna, Ben"


@pytest.mark.parametrize("text", ['["book"', "book,fly", '["fly"]', "[book]", "[1]"])
def test_a_list_that_is_none_names_its_variable_and_field(text):
    words = error(None, {"CALL_THING_OPERATOR__APPROVE": text})
    assert words.startswith("CALL_THING_OPERATOR__APPROVE: operator.approve")
