"""Stored replies: found in their own situation alone, in memory and on disk."""

from __future__ import annotations

import threading

import pytest

from engine.errors import StateError
from engine.stores.replies import ReplyStore, Situation

ASKED_NAME = Situation("en", "asking", "name")


@pytest.fixture(params=["memory", "disk"])
def store(request, tmp_path):
    opened = ReplyStore(tmp_path / "cache" if request.param == "disk" else None)
    yield opened
    opened.close()


def test_an_empty_store_knows_nothing(store):
    assert store.nearest(ASKED_NAME, "what name is it") is None


def test_the_nearest_reply_of_the_situation_is_found(store):
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    entry = store.put(ASKED_NAME, "can you spell that", "{spelling}.", "yes_no")
    found = store.nearest(ASKED_NAME, "could you spell that please")
    assert found is not None
    assert (found.id, found.heard, found.template, found.expects) == (
        entry,
        "can you spell that",
        "{spelling}.",
        "yes_no",
    )
    assert 0.5 < found.similarity < 1


def test_the_same_words_are_the_same_entry_and_the_later_reply_holds(store):
    first = store.put(ASKED_NAME, "what name is it", "old", "")
    assert store.put(ASKED_NAME, "what name is it", "new", "") == first
    found = store.nearest(ASKED_NAME, "what name is it")
    assert found is not None
    assert found.template == "new"
    assert found.similarity == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    "other",
    [
        Situation("de", "asking", "name"),
        Situation("en", "confirming", "name"),
        Situation("en", "asking", ""),
        Situation("en", "asking-name", ""),
        Situation("en", "asking.name", ""),
    ],
)
def test_another_situation_knows_nothing_of_it(store, other):
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    assert store.nearest(other, "what name is it") is None


def test_words_without_letters_are_like_nothing(store):
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    found = store.nearest(ASKED_NAME, "?!")
    assert found is None or found.similarity == 0


def test_replies_outlive_the_process_that_learnt_them(tmp_path):
    store = ReplyStore(tmp_path)
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    store.close()
    again = ReplyStore(tmp_path)
    found = again.nearest(ASKED_NAME, "what name is it")
    assert found is not None
    assert found.template == "The name is {name}."
    again.close()


def test_a_store_opened_beside_the_room_serves_the_room(tmp_path):
    """The room opens it in a thread, since that takes seconds, and uses it in its own."""
    before = ReplyStore(tmp_path)
    before.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    before.close()
    opened: list[ReplyStore] = []
    thread = threading.Thread(target=lambda: opened.append(ReplyStore(tmp_path)))
    thread.start()
    thread.join()
    opened[0].put(ASKED_NAME, "spell it", "{spelling}.", "")
    assert opened[0].nearest(ASKED_NAME, "what name is it") is not None
    opened[0].close()


def test_a_folder_that_another_holds_is_refused_with_what_to_do(tmp_path):
    holder = ReplyStore(tmp_path)
    with pytest.raises(StateError, match="Another process may hold it"):
        ReplyStore(tmp_path)
    holder.close()


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be opened"):
        ReplyStore(tmp_path / "file" / "cache")


def test_a_store_that_fails_says_that_calls_go_on(tmp_path):
    store = ReplyStore(tmp_path)
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    store.close()
    with pytest.raises(StateError, match="Calls go on without it"):
        store.nearest(ASKED_NAME, "what name is it")
    with pytest.raises(StateError, match="Calls go on without it"):
        store.put(ASKED_NAME, "spell it", "{spelling}.", "")


def test_a_reply_that_is_forgotten_is_not_found_again_and_its_neighbours_are(store):
    entry = store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    store.put(Situation("de", "asking", "name"), "welcher Name", "Der Name ist {name}.", "")
    store.put(ASKED_NAME, "can you spell that", "{spelling}.", "yes_no")
    assert store.forget(entry)
    found = store.nearest(ASKED_NAME, "what name is it")
    assert found is not None and found.heard == "can you spell that"
    assert store.nearest(Situation("de", "asking", "name"), "welcher Name") is not None
    assert not store.forget(entry)


@pytest.mark.parametrize("entry", ["", "7", "no id", "00000000-0000-0000-0000-000000000000"])
def test_a_reply_that_is_not_there_cannot_be_forgotten(store, entry):
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    assert not store.forget(entry)


def test_a_reply_is_found_by_its_gist_among_many_that_sound_more_alike(store):
    entry = store.put(ASKED_NAME, "under what name please", "The name is {name}.", "")
    for hour in range(8):
        store.put(ASKED_NAME, f"may I have your number {hour}", "no", "")
    assert entry in [reply.id for reply in store.near(ASKED_NAME, "may I have your name")]


def test_what_is_learnt_after_the_first_look_up_is_found_and_what_is_replaced_is_new(store):
    assert store.near(ASKED_NAME, "what name is it") == []
    store.put(ASKED_NAME, "what name is it", "old", "")
    assert [reply.template for reply in store.near(ASKED_NAME, "what name is it")] == ["old"]
    store.put(ASKED_NAME, "what name is it", "new", "")
    store.put(ASKED_NAME, "can you spell that", "{spelling}.", "")
    found = store.near(ASKED_NAME, "what name is it")
    assert [reply.template for reply in found] == ["new", "{spelling}."]


def test_all_replies_are_listed_by_situation(store):
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    store.put(Situation("de", "asking", ""), "welcher Name", "Der Name ist {name}.", "")
    assert [(reply.language, reply.pending, reply.heard) for reply in store.all()] == [
        ("de", "", "welcher Name"),
        ("en", "name", "what name is it"),
    ]


def test_an_entry_of_another_shape_is_damage_that_is_said(store):
    store.put(ASKED_NAME, "what name is it", "The name is {name}.", "")
    name = store._name(ASKED_NAME)
    (point,) = store._points(name)
    store._client.delete_payload(name, ["template"], [point.id])
    with pytest.raises(StateError, match="cannot be read"):
        store.all()
