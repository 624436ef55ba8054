"""Stored replies in Qdrant's local mode: what was heard, in which situation, and the template that answered it.

One collection per language, dialogue state and pending question: a payload filter would cost ten times the look-up.
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import StateError
from engine.protocol import LanguageCode
from engine.stores.embedder import DIMENSIONS, embed

NAMESPACE = uuid.UUID("7b0f7c2e-7c6d-4a0b-9d0e-1c2a3b4c5d6e")  # of entry ids; any fixed value would do


# What Qdrant's local mode lets through from SQLite, the file system and damaged entries.
FAULTS = (RuntimeError, OSError, ValueError, TypeError, sqlite3.Error)


class Situation(msgspec.Struct, frozen=True):
    """Where a reply may be served: these must be equal before anything is compared."""

    language: LanguageCode
    state: str
    pending: str

    @property
    def collection(self) -> str:
        """Name of the Qdrant collection."""
        parts = (
            re.sub(r"[^a-z0-9_]+", "-", part.lower()) for part in (self.language, self.state, self.pending)
        )
        return ".".join(parts)


class StoredReply(msgspec.Struct, frozen=True):
    """One entry, and how alike its utterance is to the one asked about."""

    id: str
    heard: str
    template: str
    expects: str
    similarity: float = 1.0


class ReplyStore:
    """Replies on disk, or in memory with path None. One process at a time may hold a folder."""

    def __init__(self, path: Path | None) -> None:
        from qdrant_client import QdrantClient

        try:
            self._client: Any = QdrantClient(path=str(path)) if path else QdrantClient(":memory:")
        except (RuntimeError, OSError, ValueError) as error:
            raise StateError(
                f"{path}: the reply cache cannot be opened ({error}). Another process may hold it, or it is damaged; "
                "it holds nothing that cannot be learnt again, so it may be deleted."
            ) from None

    def put(self, situation: Situation, heard: str, template: str, expects: str) -> str:
        """Remember a reply; the same utterance in the same situation is replaced. Returns the entry's id.

        Raises StateError when the store takes nothing more.
        """
        from qdrant_client import models

        name = situation.collection
        entry = str(uuid.uuid5(NAMESPACE, f"{name}\n{heard}"))
        payload = {"heard": heard, "template": template, "expects": expects}
        point = models.PointStruct(id=entry, vector=embed(heard).tolist(), payload=payload)
        try:
            if not self._client.collection_exists(name):
                config = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
                self._client.create_collection(name, vectors_config=config)
            self._client.upsert(name, [point])
        except FAULTS as error:
            raise StateError(
                f"The reply cache cannot be written ({error}). Calls go on without it."
            ) from None
        return entry

    def nearest(self, situation: Situation, heard: str) -> StoredReply | None:
        """The entry whose utterance is most alike, or None when nothing is stored for this situation.

        Raises StateError when the store cannot answer.
        """
        try:
            if not self._client.collection_exists(situation.collection):
                return None
            found = self._client.query_points(
                situation.collection, query=embed(heard).tolist(), limit=1
            ).points
            return _reply(found[0]) if found else None
        except FAULTS as error:
            raise StateError(f"The reply cache cannot be read ({error}). Calls go on without it.") from None

    def forget(self, entry: str) -> bool:
        """Throw a reply away, by its id; False when there is none. Raises StateError when the store cannot do it."""
        from qdrant_client import models

        try:
            if not _is_id(entry):
                return False
            for collection in self._client.get_collections().collections:
                if self._client.retrieve(collection.name, [entry]):
                    self._client.delete(collection.name, models.PointIdsList(points=[entry]))
                    return True
        except FAULTS as error:
            raise StateError(
                f"The reply cache cannot be written ({error}). Calls go on without it."
            ) from None
        return False

    def close(self) -> None:
        """Release the folder."""
        self._client.close()


def _is_id(entry: str) -> bool:
    try:
        return str(uuid.UUID(entry)) == entry
    except ValueError:
        return False


def _reply(point: Any) -> StoredReply:
    return StoredReply(id=str(point.id), similarity=float(point.score), **point.payload)
