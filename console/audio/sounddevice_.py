"""The machine's own microphone and headset, through PortAudio. Loaded when it is first needed.

Two one-way raw streams: one duplex stream stalled on ALSA's pulse plugin, and the two need not run together anyway.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any, Literal

from console.audio.base import BLOCK_BYTES, RATE_HZ, SILENCE, NoSound, Probe, Troubles
from console.audio.ring import Ring

BLOCK_SAMPLES = BLOCK_BYTES // 2
SILENT_FOR_S = 2.0  # a stream that has delivered nothing for so long has lost its device
STARTS_WITHIN_S = 8.0  # 0.6 to 1.8 s were measured with PulseAudio
# "low" is 40 ms with ALSA's pulse plugin; what is played had underruns with it on a busy machine.
LATENCY: dict[str, str | float] = {"input": "low", "output": 0.06}
LIBRARY_HINT = (
    "Install it: sudo apt-get install libportaudio2 libasound2-plugins"
    if sys.platform.startswith("linux")
    else "Install it again: make install"
)
DEVICE_HINT = (
    "Connect one; with PulseAudio or PipeWire: sudo apt-get install libasound2-plugins"
    if sys.platform.startswith("linux")
    else "Connect one, and allow this terminal to use it in the system's privacy settings."
)
SSH_HINT = (
    "You are connected by ssh, so it is the sound card of the machine at the far end that was looked for. Run the "
    "console where you sit, with the engine's two ports tunnelled."
)
Kind = Literal["input", "output"]


class DeviceSound:
    """See Sound. The names are of the settings: a part of a device's name, "" = the system's default."""

    def __init__(self, microphone: str = "", speaker: str = "") -> None:
        self._wanted: dict[Kind, str] = {"input": microphone, "output": speaker}

    def probe(self) -> Probe:
        """See Sound."""
        try:
            library = _library()
            names = {kind: str(_device(library, kind, self._wanted[kind])["name"]) for kind in self._wanted}
        except NoSound as error:
            return Probe(False, str(error))
        except Exception as error:  # a sound system meets every way in which a machine can be broken
            return Probe(False, f"The sound system does not answer as it should: {error}.")
        return Probe(True, "", SSH_HINT if _remote() else "", names["input"], names["output"])

    def microphone(self) -> DeviceMicrophone:
        """See Sound."""
        return DeviceMicrophone(self._wanted["input"])

    def speaker(self) -> DeviceSpeaker:
        """See Sound."""
        return DeviceSpeaker(self._wanted["output"])


class DeviceMicrophone:
    """See Microphone."""

    def __init__(self, wanted: str = "") -> None:
        self.name = ""
        self._wanted = wanted
        self._ring = Ring()
        self._stream: Any = None
        self._came_s = 0.0
        self._ended = False

    def open(self) -> None:
        """See Microphone; returns when the first block has come."""
        self._stream, self.name = _stream("input", self._wanted, self._block, self._over)
        began = self._came_s = time.monotonic()
        while self._came_s == began:
            if time.monotonic() - began > STARTS_WITHIN_S:
                self.close()
                raise NoSound(
                    f"The microphone {self.name} delivers nothing. Is it in use by another program?"
                )
            time.sleep(0.01)  # in a thread of its own, see control/mic.py

    def _block(self, pcm: Any, frames: int, when: Any, status: Any) -> None:
        self._came_s = time.monotonic()
        if status.input_overflow:
            self._ring.missed()
        self._ring.put(bytes(pcm))

    def _over(self) -> None:
        self._ended = True

    def take(self) -> list[bytes]:
        """See Microphone."""
        return self._ring.take()

    def troubles(self) -> Troubles:
        """See Microphone."""
        quiet = self._stream is not None and (self._ended or time.monotonic() - self._came_s > SILENT_FOR_S)
        return Troubles(self._ring.lost(), f"{self.name} delivers no more." if quiet else "")

    def close(self) -> None:
        stream, self._stream = self._stream, None
        _close(stream)


class DeviceSpeaker:
    """See Speaker."""

    def __init__(self, wanted: str = "") -> None:
        self.name = ""
        self._wanted = wanted
        self._stream: Any = None
        self._pull: Callable[[], bytes] = lambda: SILENCE

    def open(self, pull: Callable[[], bytes]) -> None:
        """See Speaker."""
        self._pull = pull
        self._stream, self.name = _stream("output", self._wanted, self._block, lambda: None)

    def _block(self, out: Any, frames: int, when: Any, status: Any) -> None:
        out[:] = self._pull()

    def close(self) -> None:
        stream, self._stream = self._stream, None
        _close(stream)


def _library() -> Any:
    try:
        import sounddevice
    except OSError:
        raise NoSound(f"PortAudio, the library for sound, is not installed. {LIBRARY_HINT}") from None
    except ImportError:
        raise NoSound("The package sounddevice is not installed. Install it: make install") from None
    return sounddevice


def _device(library: Any, kind: Kind, wanted: str) -> dict[str, Any]:
    """The device, by a part of its name. Raises NoSound."""
    word = "microphone" if kind == "input" else "loudspeaker or headset"
    hint = SSH_HINT if _remote() else DEVICE_HINT
    if not wanted:
        try:
            return dict(library.query_devices(kind=kind))
        except (library.PortAudioError, ValueError):
            raise NoSound(f"No {word} was found. {hint}") from None
    usable = [dict(each) for each in library.query_devices() if each[f"max_{kind}_channels"] > 0]
    for each in usable:
        if wanted.casefold() in str(each["name"]).casefold():
            return each
    there = ", ".join(str(each["name"]) for each in usable) or "none"
    raise NoSound(
        f"No {word} is called {wanted}; there are: {there}. See console.{_setting(kind)} in the settings."
    )


def _setting(kind: Kind) -> str:
    return "microphone" if kind == "input" else "speaker"


def _stream(kind: Kind, wanted: str, block: Any, over: Callable[[], None]) -> tuple[Any, str]:
    """An open, running stream and its device's name. Raises NoSound."""
    library = _library()
    device = _device(library, kind, wanted)
    make = library.RawInputStream if kind == "input" else library.RawOutputStream
    try:
        stream = make(
            samplerate=RATE_HZ,
            blocksize=BLOCK_SAMPLES,
            device=device["index"],
            channels=1,
            dtype="int16",
            latency=LATENCY[kind],
            callback=block,
            finished_callback=over,
        )
        stream.start()
    except library.PortAudioError as error:
        raise NoSound(f"{device['name']} cannot be opened: {error}. Does another program hold it?") from None
    return stream, str(device["name"])


def _close(stream: Any) -> None:
    if stream is not None:
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)


def _remote() -> bool:
    return bool(os.environ.get("SSH_CONNECTION"))
