"""`call-thing voices`: what each engine of speech offers here, and what it lacks."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import say, show

ENGINES = ("espeak", "google", "piper", "coqui")


def voices(
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask Google which voices it has: needs credentials and the network.")
    ] = False,
    as_json: AsJson = False,
    state_dir: StateDir = None,
    settings: SettingsFile = None,
) -> None:
    """List the voices the agent could speak with, the chosen ones marked, and what the others lack."""
    chosen = Chosen(settings, state_dir).settings
    rows = listing(chosen)
    if ask:
        rows += offered(chosen.voice)
    if as_json:
        show(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        mark = "*" if row["chosen"] else " "
        state = row["trouble"] or row["note"]
        show(f"{mark} {row['engine']:<8}{row['language']:<4}{row['voice'] or '-':<34}{state}")
    say(
        '* speaks for the agent. Another one: [voice] engine = "google", "piper" or "coqui" in call-thing.toml'
    )


def listing(settings: Any) -> list[dict[str, Any]]:
    """A row for each engine and language of the settings: voice, and what keeps it from speaking ("" = nothing).

    Asks no network and loads no model; espeak-ng says three words, which nobody hears.
    """
    from engine import doctor_voice
    from engine.doctor import Missing
    from engine.protocol import LANGUAGES

    def trouble_of(engine: str) -> str:
        if engine == "google":
            try:
                doctor_voice.credentials_of(settings)
            except Missing as missing:
                return f"credentials: {missing}"
        elif engine != "espeak":
            return doctor_voice.package_trouble(engine, settings)
        return ""

    notes = {"espeak": "ready", "google": "credentials are there", "piper": "ready", "coqui": "ready"}
    rows: list[dict[str, Any]] = []
    for engine in ENGINES:
        named = settings.voice if engine == "espeak" else getattr(settings.voice, engine)
        lacks = trouble_of(engine)
        for language in LANGUAGES:
            voice = getattr(named, language)
            if engine == "espeak":
                of_voice = doctor_voice.espeak_trouble(voice)
            else:
                of_voice = doctor_voice.file_trouble(engine, voice) if engine != "google" else ""
            rows.append(
                {
                    "engine": engine,
                    "language": language,
                    "voice": voice,
                    "chosen": engine == settings.voice.engine,
                    "trouble": lacks or of_voice,
                    "note": "" if lacks or of_voice else notes[engine],
                }
            )
    return rows


def offered(settings: Any) -> list[dict[str, Any]]:
    """Google's voices of our languages. Asks the network; raises VoiceError, SettingsError."""
    from engine.protocol import LANGUAGES
    from engine.voices.google import GoogleVoice

    google = GoogleVoice(settings)
    try:
        there = google.voices()
    finally:
        google.close()
    rows = []
    for name, codes, rate_hz in sorted(there):
        languages = [
            language for language in LANGUAGES if any(code.split("-")[0] == language for code in codes)
        ]
        rows += [
            {
                "engine": "google",
                "language": language,
                "voice": name,
                "chosen": settings.engine == "google" and name == getattr(settings.google, language),
                "trouble": "",
                "note": f"{rate_hz} Hz, {'streams' if 'Chirp3-HD' in name else 'whole sentences'}",
            }
            for language in languages
        ]
    return rows
