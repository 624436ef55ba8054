"""What doctor looks for when another voice than espeak-ng is chosen. Asks no network, loads no model."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

from engine.doctor import Fix, Missing, Question
from engine.protocol import LANGUAGES
from engine.settings import ProcessVoiceSettings, Settings

PROBE_TIMEOUT_S = 60  # importing torch takes its time
MODULES = {"piper": ("piper",), "coqui": ("torch", "TTS")}
FIXES = {
    "piper": "pip install 'call-thing[piper]'",
    "coqui": "python3 -m venv coqui && coqui/bin/pip install coqui-tts torch torchaudio; "
    'then [voice.coqui] python = "coqui/bin/python"',
}


def questions(settings: Settings) -> list[Question]:
    """Nothing for espeak-ng, which is asked for anyway. The rest is never needed: espeak-ng speaks instead."""
    engine = settings.voice.engine
    if engine == "google":
        fix = Fix.everywhere("gcloud auth application-default login")
        return [Question("google voice", "the agent's voice", "sometimes", fix, _google)]
    if engine in MODULES:
        name = engine.capitalize()
        return [
            Question(f"{engine} package", f"the agent's voice with {name}", "sometimes",
                     Fix.everywhere(FIXES[engine]), partial(_package, engine)),
            Question(f"{engine} voices", f"the agent's voice with {name}", "sometimes",
                     Fix.everywhere(f"name them under [voice.{engine}] en, de, es, nl"), partial(_files, engine)),
        ]  # fmt: skip
    return []


def credentials_of(settings: Settings) -> str:
    """Where Google's credentials are, in words. Raises Missing."""
    named = settings.voice.google.credentials_file
    if named:
        if not Path(named).expanduser().is_file():
            raise Missing("voice.google.credentials_file names a file that is not there")
        return "voice.google.credentials_file is set"
    if os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        if not Path(os.environ["GOOGLE_APPLICATION_CREDENTIALS"]).is_file():
            raise Missing("GOOGLE_APPLICATION_CREDENTIALS names a file that is not there")
        return "GOOGLE_APPLICATION_CREDENTIALS is set"
    configuration = Path(os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud")
    if not (configuration / "application_default_credentials.json").is_file():
        raise Missing("none; the embedded voice needs none")
    return f"default credentials in {configuration}"


def _google(settings: Settings) -> str:
    try:
        found = credentials_of(settings)
    except Missing as missing:
        raise Missing(f'voice.engine is "google", but its credentials: {missing}') from None
    voices = ", ".join(getattr(settings.voice.google, language) for language in LANGUAGES)
    return f"{voices}; {found}; call-thing voices --ask asks the service"


def package_trouble(engine: str, settings: Settings) -> str:
    """Why the package cannot be used by the interpreter that the settings name; "" when it can."""
    import sys

    own: ProcessVoiceSettings = getattr(settings.voice, engine)
    python = str(Path(own.python).expanduser()) if own.python else sys.executable
    wanted = MODULES[engine]
    code = (
        "import importlib.util as u, sys; "
        f"sys.exit(', '.join(n for n in {wanted!r} if u.find_spec(n) is None) or 0)"
    )
    try:
        done = subprocess.run(
            [python, "-c", code], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{python} cannot be run ({type(error).__name__}); mend [voice.{engine}] python"
    if not done.returncode:
        return ""
    said = done.stderr.strip().splitlines()[-1:]
    if said and set(said[0].split(", ")) <= set(wanted):
        return f"{said[0]}: not installed for {python}"
    return f"{python} ended with exit code {done.returncode}; is [voice.{engine}] python an interpreter?"


def espeak_trouble(voice: str) -> str:
    """Why espeak-ng cannot speak with this voice; "" when it can."""
    from engine.errors import EngineError
    from engine.voices.espeak import Espeak

    try:
        return "" if Espeak().synthesize("1 2 3", voice).pcm.any() else "it stays silent"
    except (EngineError, OSError, ImportError) as error:
        return str(error)


def _package(engine: str, settings: Settings) -> str:
    if trouble := package_trouble(engine, settings):
        raise Missing(f'voice.engine is "{engine}", but {trouble}')
    return "installed"


def file_trouble(engine: str, named: str) -> str:
    """What is wrong with one language's file or folder; "" when nothing is."""
    path = Path(named).expanduser()
    if not named:
        return "none is named"
    if engine == "piper" and not (path.is_file() and Path(f"{path}.json").is_file()):
        return f"{path} and {path.name}.json must both be there"
    if engine == "coqui" and not (path / "config.json").is_file():
        return f"{path} must be a folder with a model and its config.json"
    return ""


def _files(engine: str, settings: Settings) -> str:
    own = getattr(settings.voice, engine)
    troubles = [
        f"{language}: {trouble}"
        for language in LANGUAGES
        if (trouble := file_trouble(engine, getattr(own, language)))
    ]
    if troubles:
        raise Missing("; ".join(troubles))
    return f"for {', '.join(LANGUAGES)}"
