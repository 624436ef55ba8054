"""A PulseAudio server of one's own: what is played into `voice` is the microphone, what the console plays is in `ear`.

It needs no sound card, no session bus and no rights, also as root in a container. Debian's packages for it are
pulseaudio, pulseaudio-utils (pacat, parec), libportaudio2 and libasound2-plugins.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

RATE_HZ, BLOCK = 16_000, 320
SCRIPT = """
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=voice rate=48000
load-module module-null-sink sink_name=ear rate=48000
set-default-source voice.monitor
set-default-sink ear
"""
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
PLUGINS = (
    "/usr/lib/*/alsa-lib/libasound_module_pcm_pulse.so",
    "/usr/lib64/alsa-lib/libasound_module_pcm_pulse.so",
)
STARTS_WITHIN_S = 15


def missing() -> str:
    """What is not installed here, and the package that brings it; "" = all is there."""
    needed = {"pulseaudio": "pulseaudio", "pacat": "pulseaudio-utils", "parec": "pulseaudio-utils"}
    packages = {package for program, package in needed.items() if shutil.which(program) is None}
    try:
        import sounddevice  # noqa: F401
    except OSError:
        packages.add("libportaudio2")
    if not any(any(Path("/").glob(pattern.lstrip("/"))) for pattern in PLUGINS):
        packages.add("libasound2-plugins")
    return f"not installed: {', '.join(sorted(packages))}" if packages else ""


class PulseServer:
    """Ended by `close`, by its process id. `environment`: for a program that is to use it as its sound card."""

    def __init__(self, folder: Path) -> None:
        """folder: with a short path, as sockets need."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        socket = folder / "native"
        (folder / "test.pa").write_text(SCRIPT.format(socket=socket))
        (folder / ".asoundrc").write_text(ASOUNDRC)
        own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
        self.environment = {**os.environ, **own, "PULSE_SERVER": f"unix:{socket}"}
        self._log = (folder / "pulse.log").open("wb")
        command = ["pulseaudio", "-n", "-F", str(folder / "test.pa"), "--exit-idle-time=-1", "--daemonize=no"]
        self.process = subprocess.Popen(
            command, env={**os.environ, **own}, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )
        began = time.monotonic()
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - began > STARTS_WITHIN_S:
                self.close()
                raise RuntimeError("pulseaudio did not start: " + (folder / "pulse.log").read_text()[-500:])
            time.sleep(0.05)

    def _answers(self) -> bool:
        asked = subprocess.run(
            ["pactl", "info"], env=self.environment, capture_output=True, timeout=10, check=False
        )
        return asked.returncode == 0 and b"voice.monitor" in asked.stdout

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._log.close()


def _audio(server: PulseServer, program: str, device: str) -> subprocess.Popen[bytes]:
    command = [program, f"--device={device}", "--raw", "--format=s16le", f"--rate={RATE_HZ}", "--channels=1"]
    pipe = subprocess.PIPE
    ways = {"stdin": pipe} if program == "pacat" else {"stdout": pipe, "stdin": subprocess.DEVNULL}
    return subprocess.Popen([*command, "--latency-msec=20"], env=server.environment, bufsize=0, **ways)


class Mouth:
    """Speaks into the microphone: silence, and a tone while `tone` is set. In a thread, 20 ms at a time."""

    def __init__(self, server: PulseServer, hz: int = 440) -> None:
        self._process = _audio(server, "pacat", "voice")
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, 4096)  # 128 ms: what waits here is late for good
        os.set_blocking(self._pipe, False)
        self._blocks = (8000 * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)).astype(np.int16)
        self.tone = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        due, at = time.monotonic(), 0
        while not self._over.is_set():
            block = self._blocks[at : at + BLOCK] if self.tone.is_set() else np.zeros(BLOCK, np.int16)
            at = (at + BLOCK) % RATE_HZ
            with contextlib.suppress(BlockingIOError):
                os.write(self._pipe, block.tobytes())
            due += BLOCK / RATE_HZ
            time.sleep(max(0.0, due - time.monotonic()))

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._process.kill()
        self._process.wait()


class Ear:
    """Hears what the console plays. In a thread."""

    def __init__(self, server: PulseServer) -> None:
        self._process = _audio(server, "parec", "ear.monitor")
        self._blocks: list[tuple[float, np.ndarray]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        assert self._process.stdout is not None
        while data := self._process.stdout.read(2 * BLOCK):
            self._blocks.append((time.monotonic(), np.frombuffer(data[: len(data) // 2 * 2], np.int16)))

    def heard(self, since_s: float = 0.0) -> np.ndarray:
        """Everything since a time of the monotonic clock, int16."""
        blocks = [block for at, block in list(self._blocks) if at >= since_s]
        return np.concatenate(blocks) if blocks else np.empty(0, np.int16)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
