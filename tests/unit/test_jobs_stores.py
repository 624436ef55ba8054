"""Which store the settings mean, and what is said where it cannot be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.errors import StateError
from engine.jobs.sqlite_store import SqliteJobStore
from engine.jobs.stores import open_store
from engine.settings import JobSettings, Settings


def test_jobs_lie_in_the_state_directory_unless_the_settings_say_otherwise(tmp_path: Path):
    store = open_store(Settings(state_dir=str(tmp_path)))
    assert isinstance(store, SqliteJobStore) and store.path == tmp_path / "jobs.db"
    store.close()


def test_without_its_package_firestore_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.cloud.firestore", None)
    with pytest.raises(StateError, match=r"call-thing\[firestore\].*jobs\.store"):
        open_store(Settings(jobs=JobSettings(store="firestore")))


def test_without_credentials_firestore_says_how_to_log_in(monkeypatch, tmp_path: Path):
    pytest.importorskip("google.cloud.firestore", reason="google-cloud-firestore is not installed")
    for name in ("FIRESTORE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(StateError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        open_store(Settings(jobs=JobSettings(store="firestore", firestore_project="nobody")))
