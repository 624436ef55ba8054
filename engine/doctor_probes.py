"""What doctor looks for, and how: every probe returns a detail for people, or raises."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import numpy as np

from engine import doctor_audio, doctor_brain, doctor_sip, doctor_voice
from engine.doctor import Fix, Missing, Needed, Question
from engine.errors import CallThingError
from engine.protocol import HEARING_RATE_HZ, LANGUAGES
from engine.settings import Settings

INSTALL = Fix.everywhere("make install")
PACKAGES: tuple[tuple[str, str, Needed, str], ...] = (
    ("textual", "textual", "always", "the console"),
    ("rich", "rich", "always", "the console, and text in colour"),
    ("pyzmq", "zmq", "always", "the wire between the rooms"),
    ("onnxruntime", "onnxruntime", "always", "running the speech detector"),
    ("silero-vad", "", "always", "the speech detector's network; its code is never imported"),
    ("faster-whisper", "faster_whisper", "always", "recognising speech"),
    ("qdrant-client", "qdrant_client", "always", "the cache of replies"),
    ("baresip-python", "baresip", "sometimes", "calls over SIP: a real telephone line"),
    ("openai", "openai", "sometimes", "a language model as the agent's brain"),
    ("google-cloud-texttospeech", "google.cloud.texttospeech", "sometimes", "Google's voices"),
    ("sounddevice", "sounddevice", "sometimes", "the operator's microphone in a take-over"),
)
CONSOLE_COLUMNS, CONSOLE_ROWS = 80, 24  # the smallest terminal in which the console shows a whole call
PROBE_TIMEOUT_S = 10
SERVER_TIMEOUT_S = 2


def questions(settings: Settings) -> list[Question]:
    """Everything to look for, in the order in which it matters."""
    bring_python = Fix("sudo apt-get install python3", "brew install python")
    asked = [Question("python", "running at all", "always", bring_python, _python)]
    asked += [
        Question(name, purpose, needed, INSTALL, partial(_package, name, module))
        for name, module, needed, purpose in PACKAGES
    ]
    asked += [
        Question("no torch", "keeping 2 GB that nothing uses off the disk", "sometimes",
                 Fix.everywhere("make clean install"), _no_torch),
        Question("voice", "the agent's and the simulated restaurant's voice", "always", INSTALL, _voice),
        Question("detector", "noticing that someone speaks", "always", INSTALL, _detector),
        Question("recogniser", "understanding simulated restaurants", "always", INSTALL, _small_recogniser),
        Question("whisper model", _whisper_purpose(settings), _whisper_needed(settings),
                 _bring_model(settings), _whisper),
        Question("recogniser runs on", "answering without a pause: a GPU recognises several times faster", "sometimes",
                 Fix.everywhere('set recognizer.device = "auto" and recognizer.compute_type = "auto"'), _hardware),
        Question("state directory", "journals and reservations", "always",
                 Fix.everywhere("export CALL_THING_STATE_DIR=$HOME/call-thing"), _state),
        *doctor_sip.questions(settings),
        *doctor_audio.questions(settings),
        *doctor_brain.questions(settings),
        Question("google credentials", "Google's voices", "sometimes",
                 Fix.everywhere("gcloud auth application-default login"), doctor_voice.credentials_of),
        *doctor_voice.questions(settings),
        Question("qdrant", "a server for the cache of replies", "sometimes",
                 Fix.everywhere("docker run -p 6333:6333 qdrant/qdrant"), _qdrant),
        Question("terminal", "the console", "sometimes",
                 Fix.everywhere(f"run it in a terminal of {CONSOLE_COLUMNS}x{CONSOLE_ROWS} or more"), _terminal),
        Question("colours", "the console", "sometimes", Fix.everywhere("export TERM=xterm-256color"), _colours),
        Question("tmux", "a console that survives a broken ssh connection", "sometimes",
                 Fix("sudo apt-get install tmux", "brew install tmux"), _tmux),
    ]  # fmt: skip
    return asked


def _python(settings: Settings) -> str:
    return f"{platform.python_version()} in {sys.prefix}"


def _package(name: str, module: str, settings: Settings) -> str:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        raise Missing("not installed") from None
    if module and importlib.util.find_spec(module) is None:
        raise Missing(f"{version} is listed, but its module {module} is gone")
    return version


def _no_torch(settings: Settings) -> str:
    if importlib.util.find_spec("torch") is not None:
        raise Missing("torch is installed; nothing imports it")
    return "torch is not installed"


def _voice(settings: Settings) -> str:
    from engine.voices.espeak import Espeak

    espeak = Espeak()
    for language in LANGUAGES:
        voice = getattr(settings.voice, language)
        if not espeak.synthesize("1 2 3", voice).pcm.any():
            raise Missing(f"espeak-ng stays silent with the voice {voice}")
    return f"espeak-ng speaks {', '.join(LANGUAGES)}"


def _detector(settings: Settings) -> str:
    from engine.audio.silero import WINDOW_SAMPLES, SileroNetwork, SpeechStream, model_path

    [(probability, _)] = SpeechStream(SileroNetwork()).feed(np.zeros(WINDOW_SAMPLES, np.int16))
    if not 0 <= probability < 0.5:
        raise Missing(f"{model_path().name} takes silence for speech ({probability:.2f})")
    return f"{model_path().name} loads and runs"


def _small_recogniser(settings: Settings) -> str:
    from engine.recognizers.whisper import SIM_EAR, SIM_EAR_FOLDER, WhisperRecognizer
    from engine.settings import RecognizerSettings

    recognizer = WhisperRecognizer(RecognizerSettings(model=SIM_EAR), SIM_EAR_FOLDER)
    recognizer.transcribe(np.zeros(HEARING_RATE_HZ, np.int16), None)
    return f"{SIM_EAR} loads and runs (simulated lines only)"


def _hardware(settings: Settings) -> str:
    from engine.recognizers.hardware import as_text, this_machine
    from engine.recognizers.whisper import hardware_for

    machine = this_machine()
    try:
        chosen = hardware_for(settings.recognizer)
    except CallThingError as error:
        raise Missing(str(error)) from None
    return (
        f"{settings.recognizer.model} on {chosen.device}, {chosen.compute_type} (there is {as_text(machine)})"
    )


def _bring_model(settings: Settings) -> Fix:
    from engine.recognizers.whisper import SIM_EAR

    wanted = settings.recognizer.model
    if wanted == SIM_EAR:
        return Fix.everywhere("call-thing models pull small")
    if _is_folder(wanted):
        return Fix.everywhere(
            f'put a faster-whisper model into {wanted}, or set recognizer.model = "{SIM_EAR}"'
        )
    return Fix.everywhere(f"call-thing models pull {wanted}")


def _is_folder(model: str) -> bool:
    """Is the configured model a folder of one's own, and not a size that can be pulled?"""
    return any(sign in model for sign in ("/", "\\", "~")) or Path(model).is_dir()


def _whisper_purpose(settings: Settings) -> str:
    needed = _whisper_needed(settings)
    return "understanding the far end" if needed == "always" else "understanding people on real lines"


def _whisper_needed(settings: Settings) -> Needed:
    from engine.recognizers.whisper import SIM_EAR

    return "sometimes" if settings.recognizer.model == SIM_EAR else "always"


def _whisper(settings: Settings) -> str:
    from engine.models import installed
    from engine.recognizers.whisper import SIM_EAR, folder_of

    folder = settings.state_path / "models"
    names = [f"{model.size} ({model.size_bytes / 1e6:.0f} MB)" for model in installed(folder)]
    wanted = settings.recognizer.model
    if wanted != SIM_EAR and not (folder_of(settings.recognizer, folder) / "model.bin").is_file():
        if _is_folder(wanted):
            raise Missing(f'recognizer.model is "{wanted}", and there is no model.bin in that folder')
        raise Missing(f'recognizer.model is "{wanted}", but {folder} has {", ".join(names) or "no model"}')
    if not names and wanted == SIM_EAR:
        raise Missing(f"none in {folder}")
    return ", ".join(names) or wanted


def _state(settings: Settings) -> str:
    from engine.statedir import check_usable

    try:
        free = check_usable(settings.state_path)
    except CallThingError as error:
        raise Missing(str(error)) from None
    return f"{settings.state_path}, {free / 1e9:.1f} GB free"


def _qdrant(settings: Settings) -> str:
    url = settings.cache.url or os.environ.get("QDRANT_URL")
    if not url:
        return "no server named in cache.url or QDRANT_URL: local mode, in the state directory"
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/readyz", timeout=SERVER_TIMEOUT_S):
            return "the server answers; the replies are kept there"
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise Missing(
            f"the server of cache.url or QDRANT_URL does not answer ({reason}); calls go on without stored replies"
        ) from None


def _terminal(settings: Settings) -> str:
    for descriptor in (1, 2, 0):
        if os.isatty(descriptor):
            size = os.get_terminal_size(descriptor)
            text = f"{size.columns}x{size.lines}"
            if size.columns < CONSOLE_COLUMNS or size.lines < CONSOLE_ROWS:
                raise Missing(f"{text}; the console needs {CONSOLE_COLUMNS}x{CONSOLE_ROWS}")
            return text
    raise Missing("not run in a terminal: calls are printed as lines")


def _colours(settings: Settings) -> str:
    if os.environ.get("NO_COLOR"):
        return "NO_COLOR is set: the console shows none"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "16 million"
    term = os.environ.get("TERM", "")
    if "256" in term or term.endswith("direct"):
        return f"256 ({term})"
    raise Missing(f'16 at most (TERM is "{term}")')


def _tmux(settings: Settings) -> str:
    path = shutil.which("tmux")
    if path is None:
        raise Missing("not installed")
    done = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False)
    return done.stdout.strip()
