"""Which voice the settings ask for, and what stands behind it."""

from __future__ import annotations

from collections.abc import Callable

from engine.settings import Settings, VoiceSettings
from engine.voices.audio_cache import FOLDER, AudioCache
from engine.voices.base import SlowVoice
from engine.voices.health import Health
from engine.voices.mouths import Mouths

NAMES = {"google": "Google's voice", "piper": "Piper", "coqui": "Coqui"}


def slow_voice(settings: VoiceSettings) -> SlowVoice | None:
    """The chosen voice; None for espeak-ng, for which nobody has to wait. Loads and connects nothing yet."""
    if settings.engine == "google":
        from engine.voices.google import GoogleVoice

        return GoogleVoice(settings)
    if settings.engine in ("piper", "coqui"):
        from engine.voices.process import ProcessVoice

        return ProcessVoice(settings.engine, settings)
    return None


def mouths(settings: Settings, voice: SlowVoice, wake: Callable[[], None]) -> Mouths:
    """The voice with its threads, its cache on disk, and espeak-ng in its place when it fails. wake: see Mouths."""
    limit_bytes = settings.voice.cache_mb * 1_000_000
    cache = AudioCache(settings.state_path / FOLDER, limit_bytes) if limit_bytes else None
    return Mouths(voice, Health(NAMES[settings.voice.engine], "espeak-ng"), cache, wake)
