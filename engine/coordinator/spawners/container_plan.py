"""What a container of an engine is like: pure, from settings to the body of the request that creates it.

It has no rights that it does not need: another user than root, no capabilities, a root file system that cannot be
written, `/tmp` in memory. The state directory is mounted where it lies outside, so that every path means the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.brains.keys import key_names
from engine.coordinator.spawner import SpawnError
from engine.lines.passwords import password_names
from engine.settings import ContainerSettings, Settings

NAME_LABEL = "call-thing.engine"
STATE_LABEL = "call-thing.state"
PREFIX = "CALL_THING_"
OURS = ("QDRANT_URL", "GOOGLE_APPLICATION_CREDENTIALS", "TZ")
PIDS = 1024  # an engine with 50 lines has some 300 threads and processes
TMPFS = "rw,noexec,nosuid,nodev,size=64m"
SETTINGS_FILE = "call-thing.toml"


class Owner(msgspec.Struct, frozen=True):
    """Who an engine runs as, so that what it writes belongs to whoever has the state directory."""

    uid: int
    gid: int


class Place(msgspec.Struct, frozen=True):
    """Where an engine of this machine lies."""

    name: str
    state: Path
    folder: Path
    alone_s: int
    settings_file: Path | None = None
    read_only: tuple[Path, ...] = ()  # mounted where they lie, as the settings file is


def labels(place_name: str, state: Path) -> dict[str, str]:
    """By which a container is found again, by the coordinators of this state directory alone."""
    return {NAME_LABEL: place_name, STATE_LABEL: str(state)}


def body(settings: Settings, place: Place, owner: Owner, environment: Mapping[str, str]) -> dict[str, Any]:
    """Of POST /containers/create."""
    chosen = settings.coordinator.container
    read_only = [*([place.settings_file] if place.settings_file else []), *place.read_only]
    command = ["engine", "--state-dir", str(place.state)]
    if place.settings_file:
        command += ["--settings", str(place.settings_file)]
    return {
        "Image": chosen.image,
        "Cmd": command,
        "User": f"{owner.uid}:{owner.gid}",
        "WorkingDir": str(place.folder),
        "Env": [
            f"{name}={value}" for name, value in sorted(_environment(settings, place, environment).items())
        ],
        "Labels": labels(place.name, place.state),
        "HostConfig": {
            "Binds": [f"{place.state}:{place.state}:rw", *(f"{path}:{path}:ro" for path in read_only)],
            "NetworkMode": chosen.network,
            "ReadonlyRootfs": True,
            "Tmpfs": {"/tmp": TMPFS},
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "PidsLimit": PIDS,
            "RestartPolicy": {"Name": "no"},  # whether a call is made again is decided elsewhere
            **_limits(chosen),
        },
    }


def _limits(chosen: ContainerSettings) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if chosen.cpus:
        limits["NanoCpus"] = round(chosen.cpus * 1e9)
    if chosen.memory_mb:
        limits["Memory"] = limits["MemorySwap"] = chosen.memory_mb * 1_000_000
    if chosen.userns:
        limits["UsernsMode"] = chosen.userns
    return limits


def _environment(settings: Settings, place: Place, environment: Mapping[str, str]) -> dict[str, str]:
    """What settings and keys the environment holds; nothing else of it. Where the engine's own folder is goes in too:
    the image's health check asks there.
    """
    keys = key_names(settings.brain) | password_names(settings.sip) | {settings.cache.key_env, *OURS}
    wanted = {name: value for name, value in environment.items() if name.startswith(PREFIX) or name in keys}
    return wanted | {
        "HOME": str(place.folder),
        f"{PREFIX}STATE_DIR": str(place.state),
        f"{PREFIX}ENGINE__DIRECTORY": str(place.folder),
        f"{PREFIX}ENGINE__ALONE_S": str(place.alone_s),
    }


def named_files(settings: Settings, environment: Mapping[str, str]) -> list[Path]:
    """Files and folders that the settings name and an engine reads: keys, certificates, models, voices."""
    voice = settings.voice
    named = [
        settings.brain.key_file,
        settings.sip.ca_file,
        voice.google.credentials_file,
        environment.get("GOOGLE_APPLICATION_CREDENTIALS", ""),
        settings.recognizer.model,
        *(account.password_file for account in settings.sip.accounts.values()),
    ]
    for kind in (voice.piper, voice.coqui):
        for path in (kind.en, kind.de, kind.es, kind.nl):
            named += [path, f"{path}.json"]  # Piper's voices have a file beside them
    paths = {Path(name).expanduser() for name in named if name.startswith(("/", "~"))}
    return sorted(path for path in paths if not path.is_relative_to(settings.state_path))


def owner(chosen: str, uid: int, gid: int) -> Owner:
    """chosen: "UID:GID" or "". uid, gid: whose the state directory is. Raises SpawnError; root is nobody's choice."""
    if chosen:
        first, _, second = chosen.partition(":")
        if not (first.isdecimal() and second.isdecimal()):
            raise SpawnError(f'coordinator.container.user: "{chosen}" is not UID:GID, such as 10001:10001.')
        uid, gid = int(first), int(second)
    if uid == 0:
        raise SpawnError(
            "The state directory belongs to root, and engines in containers do not run as root. Give it to somebody "
            "else (chown -R 10001:10001), or name one who may write it: coordinator.container.user."
        )
    return Owner(uid, gid)


def settings_file(arguments: Sequence[str], working_directory: Path) -> Path | None:
    """The settings file that these flags, or the working directory, name."""
    if "--settings" in arguments:
        return (working_directory / arguments[arguments.index("--settings") + 1]).absolute()
    there = working_directory / SETTINGS_FILE
    return there.absolute() if there.is_file() else None
