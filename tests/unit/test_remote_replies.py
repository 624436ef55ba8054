"""Replies on a Qdrant server: found like those in a folder, never waited for, back when the server is."""

from __future__ import annotations

import threading

import pytest

from engine.errors import StateError
from engine.settings import CacheSettings, Settings
from engine.stores.opening import open_replies, open_server, server_url
from engine.stores.remote import AGAIN_S, RemoteReplies, StoreAway
from engine.stores.replies import ReplyStore, Situation, StoredReply
from tests.fakes.qdrant_server import FakeQdrant

ASKED_NAME = Situation("en", "asking", "name")
PATIENT_S = 20.0  # where the answer is wanted, however busy the machine is


@pytest.fixture(scope="module")
def served():
    with FakeQdrant() as server:
        yield server


@pytest.fixture
def server(served):
    for collection in served.held.get_collections().collections:
        served.held.delete_collection(collection.name)
    served.delay_s, served.status = 0.0, 200
    served.keys.clear()
    return served


def settings(url: str = "", **fields) -> Settings:
    return Settings(cache=CacheSettings(url=url, **fields))


@pytest.fixture
def direct(server):
    opened = open_server(settings(server.url), {})
    yield opened
    opened.close()


def test_a_reply_on_the_server_is_found_by_its_words_and_by_its_gist(direct):
    entry = direct.put(ASKED_NAME, "what name is it", "The name is {name}.", "", "has phone")
    direct.put(ASKED_NAME, "can you spell that", "{spelling}.", "")
    found = direct.nearest(ASKED_NAME, "what name is it please")
    assert (found.id, found.template, found.task) == (entry, "The name is {name}.", "has phone")
    assert 0.5 < found.similarity < 1
    assert entry in [reply.id for reply in direct.near(ASKED_NAME, "may I have your name")]
    assert direct.near(Situation("de", "asking", "name"), "what name is it") == []


def test_what_is_on_the_server_is_listed_and_forgotten(direct):
    entry = direct.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    assert [(reply.id, reply.heard, reply.state) for reply in direct.all()] == [
        (entry, "what name is it", "asking")
    ]
    assert direct.forget(entry)
    assert not direct.forget(entry)
    assert direct.all() == []


def test_the_key_of_the_environment_is_sent_and_no_other_name_is_looked_at(server):
    store = open_server(
        settings(server.url, key_env="MY_KEY"), {"MY_KEY": "secret", "QDRANT_API_KEY": "other"}
    )
    store.all()
    store.close()
    assert set(server.keys) == {"secret"}


def test_the_environment_names_a_server_unless_the_settings_do():
    assert server_url(settings(), {}) == ""
    assert server_url(settings(), {"QDRANT_URL": "http://a:1"}) == "http://a:1"
    assert server_url(settings("http://b:2"), {"QDRANT_URL": "http://a:1"}) == "http://b:2"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:6333", "is no address"),
        ("ftp://127.0.0.1", "is no address"),
        ("http://127.0.0.1:port", "is no address"),
        ("http://name:word@127.0.0.1", "does not belong into the address"),
        ("http://192.0.2.7:6333", "would travel unencrypted"),
    ],
)
def test_an_address_that_must_not_be_used_is_refused_with_the_next_step(url, words):
    with pytest.raises(StateError, match=words):
        open_server(settings(url), {"QDRANT_API_KEY": "secret"})


def test_a_server_that_is_not_there_is_said_to_whoever_asks_it_directly(server):
    store = open_server(settings("http://127.0.0.1:9"), {})
    with pytest.raises(StateError, match="cannot be read"):
        store.all()
    store.close()


def test_without_a_server_the_replies_lie_in_the_state_directory(tmp_path):
    store = open_replies(Settings(state_dir=str(tmp_path)), {})
    assert isinstance(store, ReplyStore)
    store.close()
    assert (tmp_path / "cache").is_dir()


def test_a_room_that_asks_the_server_stores_finds_and_forgets(server):
    store = open_replies(settings(server.url, budget_ms=20_000), {})
    entry = store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    assert [reply.id for reply in store.near(ASKED_NAME, "what name is it")] == [entry]
    assert store.forget(entry)
    store.close()


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Held:
    """A store whose answers wait for the test, or fail."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.fails = False
        self.asked = 0
        self.stored: list[str] = []
        self.news = threading.Semaphore(0)

    def _answer(self):
        self.asked += 1
        self.free.wait(PATIENT_S)
        self.news.release()
        if self.fails:
            raise StateError("The server is gone.")

    def near(self, situation, heard):
        self._answer()
        return [StoredReply("7", heard, "{name}", "")]

    def put(self, situation, heard, template, expects, task=""):
        self._answer()
        self.stored.append(heard)

    def ask(self):
        self._answer()

    def close(self):
        pass


@pytest.fixture
def held():
    return Held()


def remote(held, clock=None, budget_s=PATIENT_S) -> RemoteReplies:
    return RemoteReplies(held, budget_s, clock or Clock())


def test_a_slow_server_is_a_miss_within_the_budget_and_its_late_answer_is_nobodys(held):
    store = remote(held, budget_s=0.01)
    held.free.clear()
    with pytest.raises(StoreAway, match="no answer within"):
        store.near(ASKED_NAME, "one")
    with pytest.raises(StoreAway):  # at once: the thread still waits for the first answer
        store.near(ASKED_NAME, "two")
    assert held.asked == 1
    held.free.set()
    store.close()


def settled(store: RemoteReplies) -> None:
    """Until everything that was asked before has been answered."""
    store._thread.submit(lambda: None).result(PATIENT_S)


def test_a_server_that_fails_is_left_alone_then_asked_with_nobody_waiting_and_used_again(held):
    clock = Clock()
    store = remote(held, clock)
    held.fails = True
    with pytest.raises(StoreAway, match="is gone"):
        store.near(ASKED_NAME, "one")
    with pytest.raises(StoreAway):
        store.near(ASKED_NAME, "two")
    assert held.asked == 1
    clock.now_s += AGAIN_S
    with pytest.raises(StoreAway):
        store.near(ASKED_NAME, "three")  # a look is taken meanwhile, and it is still away
    settled(store)
    assert held.asked == 2
    held.fails = False
    clock.now_s += AGAIN_S
    with pytest.raises(StoreAway):
        store.near(ASKED_NAME, "four")
    settled(store)
    assert [reply.heard for reply in store.near(ASKED_NAME, "five")] == ["five"]
    store.close()


def test_what_was_learnt_while_the_server_was_away_is_stored_when_it_is_back(held):
    clock = Clock()
    store = remote(held, clock)
    held.fails = True
    store.put(ASKED_NAME, "first", "{name}", "")
    settled(store)
    assert held.stored == []
    held.fails = False
    clock.now_s += AGAIN_S
    with pytest.raises(StoreAway):
        store.near(ASKED_NAME, "x")
    settled(store)
    assert held.stored == ["first"]
    store.close()


def test_a_server_that_is_started_again_is_used_again(server):
    clock = Clock()
    store = RemoteReplies(open_server(settings(server.url), {}), PATIENT_S, clock)
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    settled(store)
    server.stop()
    with pytest.raises(StoreAway):
        store.near(ASKED_NAME, "what name is it")
    server.start()
    clock.now_s += AGAIN_S
    with pytest.raises(StoreAway):
        store.near(ASKED_NAME, "what name is it")
    settled(store)
    assert len(store.near(ASKED_NAME, "what name is it")) == 1
    store.close()


def test_an_answer_that_fails_after_nobody_waits_leaves_the_server_alone_for_a_moment(held):
    store = remote(held, budget_s=0.01)
    held.free.clear()
    with pytest.raises(StoreAway, match="no answer within"):
        store.near(ASKED_NAME, "one")
    held.fails = True
    held.free.set()
    settled(store)
    with pytest.raises(StoreAway, match="is gone"):
        store.near(ASKED_NAME, "two")
    assert held.asked == 1
    store.close()
