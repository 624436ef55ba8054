"""Stored replies in Qdrant: what was heard, in which situation, and the template that answered it.

One collection per embedder, language, dialogue state and pending question: a payload filter would cost ten times the
look-up. An entry has two vectors: `said`, of the utterance, and `gist`, of its gist (`dialogue.gist`).
"""

from __future__ import annotations

import re
import sqlite3
import uuid
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.dialogue.gist import gist_of
from engine.errors import StateError
from engine.protocol import LanguageCode
from engine.stores.embedder import DIMENSIONS, Embedder, Lexical, embed

NAMESPACE = uuid.UUID("7b0f7c2e-7c6d-4a0b-9d0e-1c2a3b4c5d6e")  # of entry ids; any fixed value would do
CANDIDATES = 5  # of each vector; more are looked at by nobody, since the nearest has to agree
ANY_DAY = date(2000, 1, 1)  # so that "friday" is the same vector in every week
PAGE = 256


# What Qdrant's local mode lets through from SQLite, the file system and damaged entries.
FAULTS = (RuntimeError, OSError, ValueError, TypeError, LookupError, sqlite3.Error)


class Situation(msgspec.Struct, frozen=True):
    """Where a reply may be served: these must be equal before anything is compared."""

    language: LanguageCode
    state: str
    pending: str

    @property
    def collection(self) -> str:
        """Name of the Qdrant collection, after the embedder's."""
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
    language: LanguageCode = "en"
    state: str = ""
    pending: str = ""
    task: str = ""  # the tasks it answers for, see `dialogue.bound`; "" = any


class ReplyStore:
    """Replies on disk, or in memory with path None; or through `client`, a QdrantClient that is there already.

    One process at a time may hold a folder.
    """

    def __init__(
        self, path: Path | None, embedder: Embedder | None = None, client: Any = None, faults: Any = FAULTS
    ) -> None:
        self._embedder = embedder or Lexical()
        self._faults = faults
        self._known: set[str] = set()
        if client is not None:
            self._client: Any = client
            return
        from qdrant_client import QdrantClient

        try:
            self._client = QdrantClient(path=str(path)) if path else QdrantClient(":memory:")
        except (RuntimeError, OSError, ValueError) as error:
            raise StateError(
                f"{path}: the reply cache cannot be opened ({error}). Another process may hold it, or it is damaged; "
                "it holds nothing that cannot be learnt again, so it may be deleted."
            ) from None

    def put(self, situation: Situation, heard: str, template: str, expects: str, task: str = "") -> str:
        """Remember a reply; the same utterance in the same situation is replaced. Returns the entry's id.

        task: those it answers for, see `dialogue.bound`; "" = any. Raises StateError when the store takes nothing more.
        """
        from qdrant_client import models

        name = self._name(situation)
        entry = entry_id(situation, heard, task)
        payload = {
            "heard": heard,
            "template": template,
            "expects": expects,
            "language": situation.language,
            "state": situation.state,
            "pending": situation.pending,
            "task": task,
        }
        vectors = {"said": self._embedder.embed(heard).tolist(), "gist": _gist(heard, situation.language)}
        try:
            if not self._exists(name):
                sizes = {"said": self._embedder.dimensions, "gist": DIMENSIONS}
                config = {
                    vector: models.VectorParams(size=size, distance=models.Distance.COSINE)
                    for vector, size in sizes.items()
                }
                self._client.create_collection(name, vectors_config=config)
            self._client.upsert(name, [models.PointStruct(id=entry, vector=vectors, payload=payload)])
        except self._faults as error:
            raise StateError(
                f"The reply cache cannot be written ({error}). Calls go on without it."
            ) from None
        return entry

    def near(self, situation: Situation, heard: str) -> list[StoredReply]:
        """The entries of the situation that are most alike, by words or by gist, the most similar words first.

        Raises StateError when the store cannot answer.
        """
        from qdrant_client import models

        said = self._embedder.embed(heard)
        wanted = {"said": said.tolist(), "gist": _gist(heard, situation.language)}
        try:
            name = self._name(situation)
            if not self._exists(name):
                return []
            asked = [
                models.QueryRequest(
                    query=query, using=vector, limit=CANDIDATES, with_payload=True, with_vector=["said"]
                )
                for vector, query in wanted.items()
            ]
            found = self._client.query_batch_points(name, asked)
            points = {str(point.id): point for answer in found for point in answer.points}
            replies = [_reply(point, said) for point in points.values()]
        except self._faults as error:
            raise StateError(f"The reply cache cannot be read ({error}). Calls go on without it.") from None
        here = [
            reply
            for reply in replies
            if Situation(reply.language, reply.state, reply.pending) == situation  # two may share a name
        ]
        return sorted(here, key=lambda reply: reply.similarity, reverse=True)

    def nearest(self, situation: Situation, heard: str) -> StoredReply | None:
        """The entry whose utterance is most alike, or None when nothing is stored for this situation."""
        return next(iter(self.near(situation, heard)), None)

    def forget(self, entry: str) -> bool:
        """Throw a reply away, by its id; False when there is none. Raises StateError when the store cannot do it."""
        from qdrant_client import models

        try:
            if not is_id(entry):
                return False
            for name in self._collections():
                if self._client.retrieve(name, [entry]):
                    self._client.delete(name, models.PointIdsList(points=[entry]))
                    return True
        except self._faults as error:
            raise StateError(
                f"The reply cache cannot be written ({error}). Calls go on without it."
            ) from None
        return False

    def all(self) -> list[StoredReply]:
        """Every entry that this embedder has stored, by situation and words. Raises StateError."""
        replies: list[StoredReply] = []
        try:
            for name in self._collections():
                offset = None
                while True:
                    points, offset = self._client.scroll(name, limit=PAGE, offset=offset, with_payload=True)
                    replies += [_reply(point) for point in points]
                    if offset is None:
                        break
        except self._faults as error:
            raise StateError(f"The reply cache cannot be read ({error}). Calls go on without it.") from None
        return sorted(replies, key=lambda reply: (reply.language, reply.state, reply.pending, reply.heard))

    def ask(self) -> None:
        """Does it answer? Raises StateError when it does not."""
        try:
            self._client.get_collections()
        except self._faults as error:
            raise StateError(f"The reply cache cannot be read ({error}). Calls go on without it.") from None

    def close(self) -> None:
        """Release the folder, or the connection."""
        self._client.close()

    def _name(self, situation: Situation) -> str:
        return f"{self._embedder.name}.{situation.collection}"

    def _collections(self) -> list[str]:
        names = [collection.name for collection in self._client.get_collections().collections]
        return [name for name in names if name.startswith(f"{self._embedder.name}.")]

    def _exists(self, name: str) -> bool:
        """A collection that was there once is not asked for again: nobody takes one away."""
        if name not in self._known and self._client.collection_exists(name):
            self._known.add(name)
        return name in self._known


def entry_id(situation: Situation, heard: str, task: str = "") -> str:
    """The same for the same utterance in the same situation, wherever it is stored."""
    return str(uuid.uuid5(NAMESPACE, f"{situation.collection}\n{task}\n{heard}"))


def is_id(entry: str) -> bool:
    """Could this be an entry's id?"""
    try:
        return str(uuid.UUID(entry)) == entry
    except ValueError:
        return False


def _gist(heard: str, code: str) -> list[float]:
    return embed(gist_of(heard, code, ANY_DAY).key).tolist()


def _reply(point: Any, said: np.ndarray | None = None) -> StoredReply:
    reply = msgspec.convert({"id": str(point.id), **point.payload}, StoredReply)
    if said is None:
        return reply
    similarity = float(np.dot(said, np.asarray(point.vector["said"], np.float32)))
    return msgspec.structs.replace(reply, similarity=similarity)
