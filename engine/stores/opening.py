"""Where the replies are kept: on a Qdrant server where settings or environment name one, else in a local folder."""

from __future__ import annotations

import ipaddress
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.errors import StateError
from engine.settings import Settings
from engine.stores.embedder import chosen_embedder
from engine.stores.remote import RemoteReplies
from engine.stores.replies import FAULTS, ReplyStore

URL_ENV = "QDRANT_URL"
ANSWER_S = 2  # after which the client itself gives up; a look-up has been a miss for long by then


def server_url(settings: Settings, environment: Mapping[str, str]) -> str:
    """The Qdrant server to use; "" = none, the local folder."""
    return settings.cache.url or environment.get(URL_ENV, "")


def local_folder(settings: Settings) -> Path:
    """Where the replies lie without a server."""
    return settings.engine_path / "cache"


def open_replies(settings: Settings, environment: Mapping[str, str]) -> ReplyStore | RemoteReplies:
    """The store of the settings, for a room: a server that is away is no error here. Raises StateError."""
    if not server_url(settings, environment):
        return ReplyStore(local_folder(settings), chosen_embedder(settings.cache))
    store = open_server(settings, environment)
    return RemoteReplies(store, settings.cache.budget_ms / 1000)


def open_server(settings: Settings, environment: Mapping[str, str]) -> ReplyStore:
    """The server's replies, asked directly: whoever asks waits for the answer. Raises StateError."""
    from qdrant_client import QdrantClient
    from qdrant_client.http.exceptions import ApiException

    url = server_url(settings, environment)
    key = environment.get(settings.cache.key_env) if settings.cache.key_env else None
    _check(url, key)
    port = urlsplit(url).port or (443 if url.startswith("https:") else 6333)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of a key without TLS, which `_check` has let through on loopback alone
            client: Any = QdrantClient(
                url=url, port=port, api_key=key, timeout=ANSWER_S, check_compatibility=False, trust_env=False
            )
    except (ValueError, RuntimeError, OSError) as error:
        raise StateError(f"cache.url {url}: {error}. Write it as http://HOST:PORT.") from None
    faults = (*FAULTS, ApiException)
    return ReplyStore(None, chosen_embedder(settings.cache), client, faults)


def _check(url: str, key: str | None) -> None:
    """Is it an address that may be given our words and our key?"""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise StateError(
            f"cache.url or {URL_ENV}: {url!r} is no address ({error}). Write it as http://HOST:PORT."
        ) from None
    if parts.scheme not in ("http", "https") or not host:
        raise StateError(f"cache.url or {URL_ENV}: {url!r} is no address. Write it as http://HOST:PORT.")
    if parts.username or parts.password:
        raise StateError(
            f"cache.url or {URL_ENV}: a key does not belong into the address. Put it into the environment variable "
            "that cache.key_env names."
        )
    if key and parts.scheme == "http" and not _is_loopback(host):
        raise StateError(
            f"cache.url or {URL_ENV}: the key would travel unencrypted to {host}. "
            "Use https://, or a server on this machine."
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
