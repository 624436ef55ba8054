"""What doctor looks for to take a call over: a microphone, and something to hear with."""

from __future__ import annotations

import subprocess
import sys

from engine.doctor import Fix, Missing, Question
from engine.settings import ConsoleSettings, Settings

PROBE_TIMEOUT_S = 10
PURPOSE = "taking a call over"
FIX = Fix(
    "sudo apt-get install libportaudio2 libasound2-plugins",
    "connect one, and allow the terminal to use it under Privacy & Security",  # PortAudio comes with sounddevice
)
# In a process of its own: sound systems may hang, crash, and print what they like. The console asks for the same rate.
PORTAUDIO_PROBE = """
import sys, sounddevice as sound
names = []
for kind, wanted in zip(("input", "output"), sys.argv[1:]):
    usable = [each for each in sound.query_devices() if each[f"max_{kind}_channels"] > 0]
    if wanted:
        found = [each for each in usable if wanted.casefold() in each["name"].casefold()]
        if not found:
            there = ", ".join(each["name"] for each in usable) or "none"
            sys.exit(f"no {kind} is called {wanted}; there are: {there}")
        device = found[0]
    else:
        device = sound.query_devices(kind=kind)
    check = sound.check_input_settings if kind == "input" else sound.check_output_settings
    check(device=device["index"], channels=1, dtype="int16", samplerate=16000)
    names.append(device["name"])
print("; ".join(names))
"""


def questions(settings: Settings) -> list[Question]:
    """One question; never needed for a call."""
    return [Question("microphone", PURPOSE, "sometimes", FIX, lambda all_: microphone(all_.console))]


def microphone(settings: ConsoleSettings) -> str:
    """Names of the microphone and the loudspeaker that the console would use. Raises Missing."""
    command = [sys.executable, "-c", PORTAUDIO_PROBE, settings.microphone, settings.speaker]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise Missing(f"the audio system has not answered for {PROBE_TIMEOUT_S} s") from None
    if done.returncode == 0:
        return done.stdout.strip()
    reason = (done.stderr.strip().splitlines() or ["the audio system has crashed"])[-1]
    if "PortAudio library not found" in reason:
        raise Missing("PortAudio, the library for sound, is not installed")
    if "querying device -1" in reason:
        raise Missing("no microphone or loudspeaker was found")
    kind, colon, words = reason.partition(": ")
    raise Missing(words if colon and kind.endswith("Error") else reason)
