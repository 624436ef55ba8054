"""`call-thing voices` says what each engine offers here; only `--ask` asks anybody."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from engine import voice_commands
from engine.__main__ import app
from engine.protocol import LANGUAGES
from engine.settings import GoogleVoiceSettings, ProcessVoiceSettings, Settings, VoiceSettings
from engine.voices import google
from tests.fakes.google_speech import VOICES, GoogleSpeech

runner = CliRunner()


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch, tmp_path):
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def test_every_engine_and_language_has_a_row_and_says_what_it_lacks():
    rows = voice_commands.listing(Settings())
    assert {(row["engine"], row["language"]) for row in rows} == {
        (engine, language) for engine in voice_commands.ENGINES for language in LANGUAGES
    }
    lacking = {row["engine"] for row in rows if row["trouble"]}
    assert lacking == {"google", "piper", "coqui"}
    assert {row["engine"] for row in rows if row["chosen"]} == {"espeak"}


def test_the_chosen_engine_is_marked_and_credentials_are_looked_for_as_files(tmp_path):
    key = tmp_path / "key.json"
    key.write_text("{}")
    chosen = VoiceSettings(engine="google", google=GoogleVoiceSettings(credentials_file=str(key)))
    rows = [row for row in voice_commands.listing(Settings(voice=chosen)) if row["engine"] == "google"]
    assert all(row["chosen"] and not row["trouble"] for row in rows)


def test_json_is_data_and_words_go_elsewhere():
    result = runner.invoke(app, ["voices", "--json"])
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == 16
    text = runner.invoke(app, ["voices"])
    assert "* espeak  en  en-us+f2" in text.stdout
    assert "[voice] engine" in text.stderr


def test_google_is_asked_for_its_voices_of_our_languages(monkeypatch):
    with GoogleSpeech() as service:
        monkeypatch.setattr(google, "transport_of", lambda settings: service.transport())
        rows = voice_commands.offered(VoiceSettings(engine="google"))
    assert {row["voice"] for row in rows} == set(VOICES)
    notes = {row["voice"]: row["note"] for row in rows}
    assert notes["en-US-Standard-C"] == "24000 Hz, whole sentences"
    assert notes["en-US-Chirp3-HD-Aoede"] == "24000 Hz, streams"
    assert {row["voice"] for row in rows if row["chosen"]} == set(VOICES) - {"en-US-Standard-C"}


def test_a_name_that_is_no_voice_of_espeak_ng_is_said():
    rows = voice_commands.listing(Settings(voice=VoiceSettings(de="xx")))
    troubles = {row["language"]: row["trouble"] for row in rows if row["engine"] == "espeak"}
    assert 'knows no voice "xx"' in troubles["de"] and not troubles["en"]


def test_what_is_no_interpreter_is_not_called_a_missing_package():
    settings = VoiceSettings(engine="coqui", coqui=ProcessVoiceSettings(python="/bin/false"))
    rows = [row for row in voice_commands.listing(Settings(voice=settings)) if row["engine"] == "coqui"]
    assert all("exit code 1" in row["trouble"] and "[voice.coqui] python" in row["trouble"] for row in rows)
