"""Doctor says what is missing and the command that brings it; it breaks on no machine and betrays no secret."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from engine import doctor, doctor_audio, doctor_probes, doctor_sip
from engine.doctor import Check, Fix, Missing, Question
from engine.errors import ExitCode
from engine.lines import socket_filter
from engine.settings import (
    BrainSettings,
    GoogleVoiceSettings,
    ProcessVoiceSettings,
    RecognizerSettings,
    Settings,
    SipAccount,
    VoiceSettings,
)

NOTHING_SET = (
    "OPENAI_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_CONFIG",
    "QDRANT_URL",
    "NO_COLOR",
)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch) -> Settings:
    for name in NOTHING_SET:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Settings(state_dir=str(tmp_path / "state"))


def ask(name: str, settings: Settings) -> Check:
    question = next(q for q in doctor_probes.questions(settings) if q.name == name)
    return doctor._ask(question, settings)


def test_installed_project_can_place_simulated_calls(settings: Settings, capsys):
    assert doctor.run(settings) is ExitCode.OK
    text = capsys.readouterr().out
    assert "FAIL" not in text
    assert "espeak-ng speaks en, de, es, nl" in text
    assert "sim-ear loads and runs" in text


def test_json_has_what_a_program_needs(settings: Settings, capsys):
    assert doctor.run(settings, as_json=True) is ExitCode.OK
    rows = json.loads(capsys.readouterr().out)
    assert all(set(row) == {"capability", "found", "purpose", "needed", "detail", "command"} for row in rows)
    assert all(row["command"]["debian"] and row["command"]["macos"] for row in rows)
    assert {"python", "textual", "onnxruntime", "detector", "whisper model", "tmux"} <= {
        r["capability"] for r in rows
    }


def test_doctor_leaves_nothing_behind(settings: Settings):
    doctor.checks(settings)
    assert not settings.state_path.exists()


def probe_of(name: str, needed: str, error: Exception | None) -> Question:
    def probe(settings: Settings) -> str:
        if error:
            raise error
        return "fine"

    return Question(name, "testing", needed, Fix("apt x", "brew x"), probe)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("needed", "code", "mark"),
    [("always", ExitCode.NOT_AS_EXPECTED, "FAIL"), ("sometimes", ExitCode.OK, "miss")],
)
def test_exit_code_says_whether_calls_are_possible(settings, monkeypatch, capsys, needed, code, mark):
    asked = [probe_of("a", "always", None), probe_of("b", needed, Missing("not there"))]
    monkeypatch.setattr(doctor_probes, "questions", lambda settings: asked)
    assert doctor.run(settings) is code
    assert f"{mark}  b  not there" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [OSError("no such library"), RuntimeError(), KeyError("x"), ImportError("broken")]
)
def test_probe_that_breaks_is_a_failed_check_not_a_crash(settings: Settings, error: Exception):
    check = doctor._ask(probe_of("a", "always", error), settings)
    assert not check.found
    assert type(error).__name__ in check.detail


def test_fix_is_the_one_for_this_system():
    check = Check("microphone", "takeover", False, "sometimes", "none", Fix("apt-get x", "brew x"))
    assert "apt-get x" in doctor.as_text([check], "linux")
    assert "brew x" in doctor.as_text([check], "darwin")


def test_found_checks_show_no_fix():
    check = Check("tmux", "ssh", True, "sometimes", "3.3", Fix("apt-get x", "brew x"))
    assert "fix" not in doctor.as_text([check], "linux")


def test_key_is_never_printed(settings: Settings, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("BRAIN_KEY", "sk-very-secret")
    brain = BrainSettings(
        kind="openai", model="m", base_url="http://user:very-secret@127.0.0.1:9/v1", key_env="BRAIN_KEY"
    )
    settings = msgspec.structs.replace(settings, brain=brain)
    monkeypatch.setenv("QDRANT_URL", "http://user:very-secret@127.0.0.1:9")
    doctor.run(settings)
    doctor.run(settings, as_json=True)
    output = capsys.readouterr()
    assert "very-secret" not in output.out + output.err


def test_missing_package_is_told(settings: Settings, monkeypatch):
    def version(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    check = ask("faster-whisper", settings)
    assert (check.found, check.detail, check.fix.debian) == (False, "not installed", "make install")


def test_torch_is_noticed(settings: Settings, monkeypatch):
    assert ask("no torch", settings).found
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert not ask("no torch", settings).found


def test_broken_voice_library_is_a_failed_check(settings: Settings, monkeypatch, tmp_path: Path):
    import espeakng_loader

    monkeypatch.setattr(espeakng_loader, "get_library_path", lambda: str(tmp_path / "none.so"))
    check = ask("voice", settings)
    assert not check.found and check.needed == "always"


def test_unknown_voice_in_the_settings_is_a_failed_check(settings: Settings):
    check = ask("voice", replace_voice(settings, "klingon-opera"))
    assert not check.found
    assert "klingon-opera" in check.detail


def replace_voice(settings: Settings, name: str) -> Settings:
    return msgspec.structs.replace(settings, voice=msgspec.structs.replace(settings.voice, nl=name))


def test_configured_whisper_model_that_is_missing_fails(tmp_path: Path):
    settings = Settings(state_dir=str(tmp_path), recognizer=RecognizerSettings(model="base"))
    check = ask("whisper model", settings)
    assert (check.found, check.needed, check.fix.debian) == (False, "always", "call-thing models pull base")


def test_a_model_folder_that_is_missing_is_not_to_be_pulled(tmp_path: Path):
    settings = Settings(state_dir=str(tmp_path), recognizer=RecognizerSettings(model=str(tmp_path / "mine")))
    check = ask("whisper model", settings)
    assert not check.found and str(tmp_path / "mine") in check.detail
    assert "models pull" not in check.fix.debian and str(tmp_path / "mine") in check.fix.debian


def test_a_qdrant_server_is_wanted_by_nobody_who_names_none(settings: Settings):
    question = next(q for q in doctor_probes.questions(settings) if q.name == "qdrant")
    assert question.purpose == "a server for the cache of replies" and question.needed == "sometimes"


def test_pulled_whisper_model_is_listed_with_its_size(tmp_path: Path):
    folder = tmp_path / "models" / "small"
    folder.mkdir(parents=True)
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (folder / name).write_bytes(b"x" * 1_000_000)
    check = ask("whisper model", Settings(state_dir=str(tmp_path)))
    assert (check.found, check.detail) == (True, "small (4 MB)")


def test_state_directory_that_is_a_file_fails(tmp_path: Path):
    (tmp_path / "file").write_text("")
    check = ask("state directory", Settings(state_dir=str(tmp_path / "file" / "state")))
    assert not check.found and check.needed == "always"
    assert "not a directory" in check.detail


def test_audio_system_that_hangs_is_given_up(settings: Settings, monkeypatch):
    monkeypatch.setattr(doctor_audio, "PORTAUDIO_PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(doctor_audio, "PROBE_TIMEOUT_S", 0.5)
    started = time.monotonic()
    assert "has not answered" in ask("microphone", settings).detail
    assert time.monotonic() - started < 5


def test_audio_system_that_crashes_is_a_failed_check(settings: Settings, monkeypatch):
    monkeypatch.setattr(doctor_audio, "PORTAUDIO_PROBE", "import os; os.abort()")
    assert not ask("microphone", settings).found


def test_a_microphone_is_needed_for_nothing_but_a_take_over(settings: Settings):
    question = next(q for q in doctor_probes.questions(settings) if q.name == "microphone")
    assert question.needed == "sometimes" and question.purpose == "taking a call over"
    assert question.fix.debian == "sudo apt-get install libportaudio2 libasound2-plugins"


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        ("OSError: PortAudio library not found", "PortAudio, the library for sound, is not installed"),
        ("sounddevice.PortAudioError: Error querying device -1", "no microphone or loudspeaker was found"),
        ("no input is called Blue; there are: USB", "no input is called Blue; there are: USB"),
        ("sounddevice.PortAudioError: Invalid sample rate", "Invalid sample rate"),
    ],
)
def test_what_is_wrong_with_the_sound_is_told_in_words(settings: Settings, monkeypatch, printed, told):
    monkeypatch.setattr(doctor_audio, "PORTAUDIO_PROBE", f"import sys; sys.exit({printed!r})")
    assert ask("microphone", settings).detail == told


def test_google_credentials_are_looked_for_as_files(settings: Settings, monkeypatch, tmp_path: Path):
    assert not ask("google credentials", settings).found
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    assert not ask("google credentials", settings).found
    (tmp_path / "key.json").write_text("{}")
    assert ask("google credentials", settings).found


def test_the_chosen_voice_is_looked_for_and_never_needed(settings: Settings, tmp_path: Path):
    names = {question.name for question in doctor_probes.questions(settings)}
    assert not {"google voice", "piper package", "coqui package"} & names
    google = Settings(voice=VoiceSettings(engine="google"))
    check = ask("google voice", google)
    assert (check.found, check.needed) == (False, "sometimes")
    assert "credentials: none" in check.detail
    (tmp_path / "key.json").write_text("{}")
    credentials = GoogleVoiceSettings(credentials_file=str(tmp_path / "key.json"))
    check = ask("google voice", Settings(voice=VoiceSettings(engine="google", google=credentials)))
    assert check.found and "en-US-Chirp3-HD-Aoede" in check.detail


@pytest.mark.parametrize("engine", ["piper", "coqui"])
def test_a_voice_without_its_package_or_files_says_what_to_bring(settings: Settings, engine):
    chosen = Settings(voice=VoiceSettings(engine=engine))
    package = ask(f"{engine} package", chosen)
    assert not package.found and package.needed == "sometimes"
    assert "not installed for" in package.detail and "pip install" in package.fix.debian
    files = ask(f"{engine} voices", chosen)
    assert not files.found and "en: none is named" in files.detail


def test_the_files_of_a_piper_voice_are_looked_for_together(tmp_path: Path):
    (tmp_path / "a.onnx").write_bytes(b"")
    named = ProcessVoiceSettings(**dict.fromkeys(("en", "de", "es", "nl"), str(tmp_path / "a.onnx")))
    chosen = Settings(voice=VoiceSettings(engine="piper", piper=named))
    assert "a.onnx.json" in ask("piper voices", chosen).detail
    (tmp_path / "a.onnx.json").write_bytes(b"")
    assert ask("piper voices", chosen).found


def test_qdrant_server_is_asked_whether_it_is_ready(settings: Settings, monkeypatch):
    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    assert "local mode" in ask("qdrant", settings).detail
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        Thread(target=server.handle_request, daemon=True).start()
        monkeypatch.setenv("QDRANT_URL", f"http://127.0.0.1:{server.server_address[1]}/")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert ask("qdrant", settings).found
    assert not ask("qdrant", settings).found


@pytest.mark.parametrize(("columns", "rows", "found"), [(80, 24, True), (79, 24, False), (200, 20, False)])
def test_terminal_must_have_room_for_the_console(settings, monkeypatch, columns, rows, found):
    monkeypatch.setattr(os, "isatty", lambda descriptor: True)
    monkeypatch.setattr(os, "get_terminal_size", lambda descriptor: os.terminal_size((columns, rows)))
    check = ask("terminal", settings)
    assert check.found is found
    assert f"{columns}x{rows}" in check.detail


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "linux"}, False),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, True),
        ({"TERM": ""}, False),
    ],
)
def test_colours_are_told_by_the_environment(settings, monkeypatch, environment, found):
    monkeypatch.delenv("COLORTERM", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert ask("colours", settings).found is found


def test_output_without_a_terminal_is_plain(settings: Settings):
    code = "from engine import doctor; from engine.settings_sources import load; raise SystemExit(doctor.run(load()))"
    environment = {**os.environ, "CALL_THING_STATE_DIR": settings.state_dir}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "miss  terminal" in done.stdout


def test_verdict_names_what_stops_every_call():
    bad = Check("voice", "speaking", False, "always", "none", Fix("x", "y"))
    good = replace(bad, found=True)
    assert doctor.as_text([bad], "linux").endswith("No call is possible before this is mended: voice.")
    assert doctor.as_text([good], "linux").endswith("Everything is here.")


def with_sip(settings: Settings, **fields) -> Settings:
    return msgspec.structs.replace(settings, sip=msgspec.structs.replace(settings.sip, **fields))


def test_what_real_lines_need_stops_no_simulated_call(settings: Settings):
    needs = [question.needed for question in doctor_sip.questions(settings)]
    assert needs and set(needs) == {"sometimes"}


def test_sip_accounts_are_looked_at_without_showing_a_password(settings: Settings, monkeypatch, capsys):
    assert "none; SIP peers on this machine" in ask("sip accounts", settings).detail
    account = SipAccount(provider="sip.example.net", password_env="SIP_PASSWORD")
    reached = {"listen": "192.0.2.10", "allowed_peers": ("203.0.113.0/28",)}
    settings = with_sip(settings, accounts={"main": account}, **reached)
    check = ask("sip accounts", settings)
    assert not check.found and check.detail.startswith("main: ") and "SIP_PASSWORD" in check.detail
    monkeypatch.setenv("SIP_PASSWORD", "very-secret")
    check = ask("sip accounts", settings)
    assert check.found and "main (tls, encryption sdes)" in check.detail
    doctor.run(settings)
    assert "very-secret" not in capsys.readouterr().out


def test_a_password_file_that_others_can_read_is_told_with_its_cure(settings: Settings, tmp_path: Path):
    file = tmp_path / "password"
    file.write_text("very-secret")
    file.chmod(0o644)
    account = SipAccount(provider="sip.example.net", password_file=str(file))
    detail = ask("sip accounts", with_sip(settings, accounts={"main": account})).detail
    assert f"chmod 600 {file}" in detail and "very-secret" not in detail


def test_certificates_that_are_not_there_are_told(settings: Settings, tmp_path: Path):
    assert ask("sip certificates", settings).found
    assert not ask("sip certificates", with_sip(settings, ca_file=str(tmp_path / "none"))).found


def test_an_address_that_is_not_ours_or_taken_is_told(settings: Settings):
    assert ask("sip address", settings).found
    assert "192.0.2.1" in ask("sip address", with_sip(settings, listen="192.0.2.1")).detail
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        check = ask("sip address", with_sip(settings, port=taken.getsockname()[1]))
        assert not check.found and "in use" in check.detail


def test_a_system_without_packet_filters_is_told(settings: Settings, monkeypatch):
    monkeypatch.setattr(socket_filter, "available", lambda: False)
    check = ask("packet filter", settings)
    assert not check.found and "this machine" in check.fix.macos


def test_doctor_asks_for_the_priority_that_a_line_process_takes(settings: Settings):
    pytest.importorskip("baresip", reason="baresip-python has no wheel for this machine: no SIP line here")
    from engine.lines.real_time import REAL_TIME_PRIORITY

    assert ask("real-time priority", settings).fix.debian.count(f"{REAL_TIME_PRIORITY}") == 2
    assert f"sched_param({REAL_TIME_PRIORITY})" in doctor_sip.PRIORITY_PROBE


def test_real_time_priority_is_tried_and_not_guessed(settings: Settings, monkeypatch):
    monkeypatch.setattr(doctor_sip, "PRIORITY_PROBE", "pass")
    assert ask("real-time priority", settings).found
    monkeypatch.setattr(doctor_sip, "PRIORITY_PROBE", "raise PermissionError(1, 'Operation not permitted')")
    check = ask("real-time priority", settings)
    assert check.detail == "not allowed here (Operation not permitted)"
    assert "rtprio" in check.fix.debian and "LimitRTPRIO" in check.fix.debian


def test_doctor_says_where_the_recogniser_runs_and_what_there_is(settings: Settings):
    check = ask("recogniser runs on", settings)
    assert check.found
    assert "sim-ear on cpu, int8" in check.detail
    assert "float32" in check.detail


@pytest.mark.parametrize(("count", "said"), [(0, "no CUDA device"), (1, "small on cuda, float16")])
def test_doctor_says_what_becomes_of_a_gpu(settings: Settings, monkeypatch, count, said):
    import ctranslate2

    types = {"cpu": {"int8", "float32"}, "cuda": {"float16", "int8_float16", "float32"}}
    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: count)
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", types.__getitem__)
    wanted = msgspec.structs.replace(settings, recognizer=RecognizerSettings(model="small"))
    assert said in ask("recogniser runs on", wanted).detail


def test_doctor_names_a_gpu_that_was_wanted_and_is_not_there(settings: Settings, monkeypatch):
    import ctranslate2

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: 0)
    wanted = msgspec.structs.replace(settings, recognizer=RecognizerSettings(model="small", device="cuda"))
    check = ask("recogniser runs on", wanted)
    assert not check.found
    assert "no CUDA device" in check.detail
    assert "auto" in check.fix.debian
