"""What must never be loaded, proved in fresh interpreters; the static rules are in pyproject.toml (import-linter)."""

from __future__ import annotations

import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import console
import engine

ROOT = Path(__file__).parents[2]
ENTRY_POINTS = {
    "engine.__main__",
    "engine.workers.__main__",
    "console.__main__",
}  # run when imported, or start rooms
DRAWINGS = {"console.pictures"}  # a script
HEAVY = (
    "onnxruntime",
    "faster_whisper",
    "ctranslate2",
    "qdrant_client",
    "textual",
    "openai",
    "google.cloud",
    "soxr",
)
SPY = """
import sys, types
class Spy:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {forbidden!r}:
            raise SystemExit("imported: " + name)
sys.meta_path.insert(0, Spy())
"""


def modules_of(package) -> list[str]:
    names = [m.name for m in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return [name for name in names if name not in ENTRY_POINTS | DRAWINGS]


def python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        timeout=50,
    )


def test_torch_is_not_installed():
    assert importlib.util.find_spec("torch") is None


def test_no_module_imports_torch_or_the_code_of_silero_vad():
    """Nor while models are loaded and used: that happens here as in the rooms."""
    code = SPY.format(forbidden={"torch", "torchaudio", "silero_vad"})
    code += "".join(f"import {name}\n" for name in modules_of(engine) + modules_of(console))
    code += """
import numpy as np
from engine.audio.silero import SileroNetwork, SpeechStream
from engine.recognizers.whisper import SIM_EAR_FOLDER, WhisperRecognizer
from engine.settings import RecognizerSettings
from engine.voices.espeak import Espeak
silence = np.zeros(16000, np.int16)
assert SpeechStream(SileroNetwork()).feed(silence)
WhisperRecognizer(RecognizerSettings(), SIM_EAR_FOLDER).transcribe(silence, None)
assert Espeak().synthesize("two", "en-us").pcm.any()
assert not {"torch", "torchaudio", "silero_vad"} & set(sys.modules)
"""
    done = python(code)
    assert done.returncode == 0, done.stdout + done.stderr


def test_spy_would_notice():
    """The test above can fail."""
    done = python(SPY.format(forbidden={"torch"}) + "try:\n import torch.nn\nexcept ImportError:\n pass\n")
    assert "imported: torch" in done.stderr


@pytest.mark.skipif(not (ROOT / "engine/__main__.py").exists(), reason="the command line is not there yet")
@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]])
def test_help_loads_no_model_and_no_console(arguments: list[str]):
    code = f"""
import sys
sys.argv = ["call-thing", *{arguments!r}]
from engine.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
loaded = [name for name in {HEAVY!r} if name in sys.modules]
assert not loaded, loaded
"""
    done = python(code)
    assert done.returncode == 0, done.stderr
    assert "Usage" in done.stdout or "usage" in done.stdout


@pytest.mark.parametrize("name", ["protocol", "settings", "client", "statedir", "doctor", "models"])
def test_what_the_command_line_needs_at_once_loads_no_model(name: str):
    done = python(f"import engine.{name}, sys\nprint([name for name in {HEAVY!r} if name in sys.modules])")
    assert done.stdout == "[]\n", done.stderr


def test_engine_never_loads_the_console():
    code = "import sys\n" + "".join(f"import {name}\n" for name in modules_of(engine))
    done = python(code + "print(sorted({'console', 'textual'} & set(sys.modules)))")
    assert done.stdout == "[]\n", done.stderr


def test_telemetry_of_onnxruntime_is_off_before_it_is_imported():
    """Everywhere, since any import of the engine passes through engine/__init__.py."""
    code = """
import os, sys
os.environ.pop("ORT_DISABLE_TELEMETRY", None)
class Spy:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            assert os.environ.get("ORT_DISABLE_TELEMETRY") == "1", "onnxruntime came first"
            print("seen")
sys.meta_path.insert(0, Spy())
from engine.audio.silero import SileroNetwork
SileroNetwork()
"""
    done = python(code)
    assert done.stdout == "seen\n", done.stderr


def test_telemetry_may_be_switched_on_by_whoever_wants_it():
    code = "import os; os.environ['ORT_DISABLE_TELEMETRY'] = '0'; import engine; "
    assert python(code + "print(os.environ['ORT_DISABLE_TELEMETRY'])").stdout == "0\n"


def test_packages_are_marked_as_such():
    """A folder without __init__.py would import here and be missing from pkgutil's walk above."""
    for package in (engine, console):
        base = Path(package.__path__[0])
        for file in base.rglob("*.py"):
            assert (file.parent / "__init__.py").exists(), file
