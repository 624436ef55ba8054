"""What doctor looks for of the agent's brain: does the model's server answer, and does it know the model?

Asks for the list of models and nothing else: no token is spent. Shows no key.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from engine.doctor import Fix, Missing, Question
from engine.errors import CallThingError
from engine.settings import BrainSettings, Settings

TIMEOUT_S = 3
SHOWN = 5  # models that are there instead
LONGEST_LIST = 1 << 20


def questions(settings: Settings) -> list[Question]:
    """One: the brain as it is set."""
    fix = "look at [brain] in the settings: model, base_url, key_env or key_file; the README has a section on brains"
    needed = Fix.everywhere(fix)
    purpose = "the agent's brain; while it is away the scripted one thinks"
    return [Question("brain", purpose, "sometimes", needed, lambda given: brain(given.brain, os.environ))]


def brain(settings: BrainSettings, environment: Mapping[str, str]) -> str:
    """The state of the brain's server. Raises Missing with what is wrong."""
    if settings.kind == "scripted":
        return "scripted: needs no model, no key, no network"
    from engine.brains.asking import OPENAI_URL
    from engine.brains.keys import key_of

    if not settings.model:
        raise Missing("brain.kind is openai, and brain.model is empty")
    try:
        key = key_of(settings, environment)
    except CallThingError as error:
        raise Missing(str(error)) from None
    url = (settings.base_url or OPENAI_URL).rstrip("/")
    names = _models(url, key)
    if settings.model not in names and f"{settings.model}:latest" not in names:
        there = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        raise Missing(f"{_shown(url)} answers, and has no model {settings.model}; it has {there or 'none'}")
    return f"{_shown(url)} answers and has {settings.model}"


def _models(url: str, key: str) -> list[str]:
    from engine.brains.asking import LOCAL

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    request = urllib.request.Request(f"{url}/models", headers=headers)
    direct = [urllib.request.ProxyHandler({})] if urlsplit(url).hostname in LOCAL else []
    try:
        with urllib.request.build_opener(*direct, _NoRedirect()).open(request, timeout=TIMEOUT_S) as answer:
            found = json.loads(answer.read(LONGEST_LIST))
        return [str(model["id"]) for model in found["data"]]
    except urllib.error.HTTPError as error:
        if error.code in (401, 403):
            raise Missing(f"{_shown(url)} does not accept the key ({error.code})") from None
        raise Missing(f"{_shown(url)} answers with error {error.code} when asked for its models") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or type(error).__name__
        raise Missing(f"{_shown(url)} does not answer ({reason})") from None
    except (KeyError, TypeError):
        raise Missing(
            f"{_shown(url)} answers, but not with a list of models; does base_url end in /v1?"
        ) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A key goes to the server that was named, and to no other."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def _shown(url: str) -> str:
    """The server without what may stand before its name: a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
