"""Stored replies in Qdrant's local mode: what was heard, in which situation, and the template that answered it.

One collection per language, dialogue state and pending question: a payload filter would cost ten times the look-up.
"""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import StateError
from engine.protocol import LanguageCode
from engine.stores.embedder import DIMENSIONS, embed

NAMESPACE = uuid.UUID("7b0f7c2e-7c6d-4a0b-9d0e-1c2a3b4c5d6e")  # of entry ids; any fixed value would do


class Situation(msgspec.Struct, frozen=True):
    """Where a reply may be served: these must be equal before anything is compared."""

    language: LanguageCode
    state: str
    pending: str

    @property
    def collection(self) -> str:
        """Name of the Qdrant collection."""
        return re.sub(r"[^a-z0-9_]+", "-", f"{self.language}.{self.state}.{self.pending}".lower())


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
        """Remember a reply; the same utterance in the same situation is replaced. Returns the entry's id."""
        from qdrant_client import models

        name = situation.collection
        if not self._client.collection_exists(name):
            config = models.VectorParams(size=DIMENSIONS, distance=models.Distance.COSINE)
            self._client.create_collection(name, vectors_config=config)
        entry = str(uuid.uuid5(NAMESPACE, f"{name}\n{heard}"))
        payload = {"heard": heard, "template": template, "expects": expects}
        self._client.upsert(name, [models.PointStruct(id=entry, vector=embed(heard).tolist(), payload=payload)])
        return entry

    def nearest(self, situation: Situation, heard: str) -> StoredReply | None:
        """The entry whose utterance is most alike, or None when nothing is stored for this situation."""
        name = situation.collection
        if not self._client.collection_exists(name):
            return None
        points = self._client.query_points(name, query=embed(heard).tolist(), limit=1).points
        if not points:
            return None
        return StoredReply(id=str(points[0].id), similarity=float(points[0].score), **points[0].payload)

    def close(self) -> None:
        """Release the folder."""
        self._client.close()
