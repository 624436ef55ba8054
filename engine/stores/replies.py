"""Stored replies in Qdrant: what was heard, in which situation, and the template that answered it.

One collection per embedder, language, dialogue state and pending question: a payload filter would cost ten times the
look-up. An entry has two vectors: `said`, of the utterance, and `gist`, of its gist (`dialogue.gist`). The first stands
in its payload too, packed: the client would copy hundreds of numbers one by one to give it back.
"""

from __future__ import annotations

import base64
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
from engine.stores.nearby import Nearby

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
    gist: str = ""  # its gist without dates, as it was when it was stored


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
        self._nearby: dict[str, Nearby[StoredReply]] | None = None if client is not None else {}
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
        said = self._embedder.embed(heard)
        gist = gist_of(heard, situation.language, ANY_DAY)
        payload |= {"gist": gist.undated, "said": base64.b64encode(said.tobytes()).decode()}
        vectors = {"said": said.tolist(), "gist": embed(gist.key).tolist()}
        try:
            if not self._exists(name):
                sizes = {"said": self._embedder.dimensions, "gist": DIMENSIONS}
                config = {
                    vector: models.VectorParams(size=size, distance=models.Distance.COSINE)
                    for vector, size in sizes.items()
                }
                self._client.create_collection(name, vectors_config=config)
            point = models.PointStruct(id=entry, vector=vectors, payload=payload)
            self._client.upsert(name, [point])
            if self._nearby is not None and name in self._nearby:
                self._nearby[name].put(entry, _reply(point), said, embed(gist.key))
        except self._faults as error:
            raise StateError(
                f"The reply cache cannot be written ({error}). Calls go on without it."
            ) from None
        return entry

    def near(self, situation: Situation, heard: str) -> list[StoredReply]:
        """The entries of the situation that are most alike, by words or by gist, the most similar words first.

        Raises StateError when the store cannot answer.
        """
        said = self._embedder.embed(heard)
        gist = embed(gist_of(heard, situation.language, ANY_DAY).key)
        try:
            name = self._name(situation)
            if not self._exists(name):
                return []
            replies = (
                self._in_memory(name, said, gist)
                if self._nearby is not None
                else self._asked(name, said, gist)
            )
        except self._faults as error:
            raise StateError(f"The reply cache cannot be read ({error}). Calls go on without it.") from None
        here = [
            reply
            for reply in replies
            if Situation(reply.language, reply.state, reply.pending) == situation  # two may share a name
        ]
        return sorted(here, key=lambda reply: reply.similarity, reverse=True)

    def _in_memory(self, name: str, said: np.ndarray, gist: np.ndarray) -> list[StoredReply]:
        assert self._nearby is not None
        if name not in self._nearby:
            nearby: Nearby[StoredReply] = Nearby()
            for point in self._points(name, with_vectors=True):
                vectors = [np.asarray(point.vector[vector], np.float32) for vector in ("said", "gist")]
                nearby.put(str(point.id), _reply(point), *vectors)
            self._nearby[name] = nearby
        found = self._nearby[name].near(said, gist, CANDIDATES)
        return [msgspec.structs.replace(reply, similarity=similarity) for reply, similarity in found]

    def _asked(self, name: str, said: np.ndarray, gist: np.ndarray) -> list[StoredReply]:
        points: dict[str, Any] = {}
        for vector, query in (("said", said), ("gist", gist)):
            found = self._client.query_points(name, query=query.tolist(), using=vector, limit=CANDIDATES)
            points |= {str(point.id): point for point in found.points}
        return [_reply(point, said) for point in points.values()]

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
                    if self._nearby is not None and name in self._nearby:
                        self._nearby[name].drop(entry)
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
                replies += [_reply(point) for point in self._points(name)]
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

    def _points(self, name: str, with_vectors: bool = False) -> list[Any]:
        points: list[Any] = []
        offset = None
        while True:
            page, offset = self._client.scroll(name, limit=PAGE, offset=offset, with_vectors=with_vectors)
            points += page
            if offset is None:
                return points

    def _exists(self, name: str) -> bool:
        """A server is not asked again for a collection that was there once: nobody takes one away."""
        if self._nearby is not None:
            return bool(self._client.collection_exists(name))
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


def _reply(point: Any, said: np.ndarray | None = None) -> StoredReply:
    payload = dict(point.payload)
    stored = np.frombuffer(base64.b64decode(payload.pop("said")), np.float32)
    similarity = 1.0 if said is None else float(np.dot(said, stored))
    return msgspec.convert({"id": str(point.id), "similarity": similarity, **payload}, StoredReply)
