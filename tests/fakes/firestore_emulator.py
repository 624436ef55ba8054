"""Google's own emulator of Firestore on this machine, where it is installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from engine.jobs.store import JobStore

PLACES = (
    "/usr/lib/google-cloud-sdk/platform/cloud-firestore-emulator",
    "/opt/google-cloud-sdk/platform/cloud-firestore-emulator",
    "~/google-cloud-sdk/platform/cloud-firestore-emulator",
)
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
STARTS_S = 60.0


def why_not() -> str:
    """Why the emulator cannot run here; "" when it can."""
    if not _has_client():
        return "google-cloud-firestore is not installed: pip install 'call-thing[firestore]'"
    if _script() is None:
        return (
            "Google's Firestore emulator is not installed: gcloud components install cloud-firestore-emulator"
        )
    if shutil.which("java") is None:
        return "Google's Firestore emulator needs Java: sudo apt-get install default-jre-headless"
    return ""


class FirestoreEmulator:
    """A running emulator with an empty database."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        script = _script()
        assert script is not None
        host, port = self.address.split(":")
        java = ["java", "-XX:TieredStopAtLevel=1", "-cp", str(script / "cloud-firestore-emulator.jar"), MAIN]
        self._process = subprocess.Popen(
            [*java, "start", f"--host={host}", f"--port={port}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + STARTS_S
        while not _listens(host, int(port)):
            assert self._process.poll() is None and time.monotonic() < until, "the emulator does not start"
            time.sleep(0.1)
        os.environ["FIRESTORE_EMULATOR_HOST"] = self.address

    def opener(self) -> Callable[[], JobStore]:
        """Opens a store with collections of its own, empty at first, as often as it is asked to."""
        from engine.jobs.firestore_store import FirestoreJobStore

        collection = f"test-{uuid.uuid4().hex[:12]}"
        return lambda: FirestoreJobStore(project="call-thing-test", collection=collection)

    def stop(self) -> None:
        os.environ.pop("FIRESTORE_EMULATOR_HOST", None)
        self._process.terminate()
        self._process.wait(20)


def _has_client() -> bool:
    try:
        return importlib.util.find_spec("google.cloud.firestore") is not None
    except ModuleNotFoundError:
        return False


def _script() -> Path | None:
    named = os.environ.get("FIRESTORE_EMULATOR")  # the folder of its jar
    folders = [Path(place).expanduser() for place in ([named] if named else PLACES)]
    return next((folder for folder in folders if (folder / "cloud-firestore-emulator.jar").is_file()), None)


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0
