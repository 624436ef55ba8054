"""The store that the settings name."""

from __future__ import annotations

from engine.jobs.store import JobStore
from engine.settings import Settings

DATABASE = "jobs.db"  # in the state directory


def open_store(settings: Settings) -> JobStore:
    """Raises StateError where it cannot be used, with the next step."""
    jobs = settings.jobs
    if jobs.store == "firestore":
        from engine.jobs.firestore_store import FirestoreJobStore

        return FirestoreJobStore(jobs.firestore_project, jobs.firestore_database, jobs.firestore_collection)
    from engine.jobs.sqlite_store import SqliteJobStore

    return SqliteJobStore(settings.state_path / DATABASE)
