"""The key of a model's server: from the environment or a file that only we can read, and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from engine.errors import SettingsError
from engine.secret_file import secret_in
from engine.settings import BrainSettings

OPENAI = "OPENAI_API_KEY"  # OpenAI's, and sent to nobody else; name another variable for another server


def is_openai(base_url: str) -> bool:
    """Whether this is OpenAI itself, or a door of theirs."""
    host = urlsplit(base_url).hostname or ""
    return not base_url or host == "openai.com" or host.endswith(".openai.com")


def key_of(settings: BrainSettings, environment: Mapping[str, str]) -> str:
    """The key; "" where a server of one's own is asked without one. Raises SettingsError, which never shows it."""
    if settings.key_file:
        key = secret_in(Path(settings.key_file).expanduser(), "brain.key_file", "key")
        where = settings.key_file
    else:
        known = settings.key_env and (settings.key_env != OPENAI or is_openai(settings.base_url))
        key = environment.get(settings.key_env, "").strip() if known else ""
        where = f"the environment variable {settings.key_env}"
    if not key and not settings.base_url:
        raise SettingsError(
            f"A model is asked with a key, which is to be in {where}: it is not set where this was started. "
            "Set it there, or name a file in brain.key_file, or a server of your own in brain.base_url."
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError(f"What is in {where} is no key: it has spaces or characters that no key has.")
    return key


def key_names(settings: BrainSettings) -> set[str]:
    """Environment variables that no process but the agent's may have."""
    return {settings.key_env} if settings.kind == "openai" and settings.key_env else set()
