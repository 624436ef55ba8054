"""Evaluations on the disk: one JSON file each, `evaluations/<began>.json` in the state directory."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from engine.errors import SettingsError, StateError
from engine.evaluation.results import FORMAT, Evaluation

FOLDER = "evaluations"
LAST = "last"


def place_of(state: Path, evaluation: Evaluation) -> Path:
    """Where it is kept when nobody says otherwise."""
    began = "".join(letter for letter in evaluation.began[:19] if letter.isdigit())
    return state / FOLDER / f"{began[:8]}-{began[8:]}.json"


def keep(evaluation: Evaluation, path: Path) -> None:
    """Written whole or not at all, readable for its owner alone. Raises StateError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(evaluation), indent=1) + b"\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StateError(
            f"{path}: the evaluation cannot be written ({error.strerror}). --save FILE names another place."
        ) from None


def kept(path: Path) -> Evaluation:
    """One that was stored. Raises SettingsError where it cannot be read, or is of another version."""
    try:
        stored = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: no evaluation can be read there ({error.strerror}).") from None
    try:
        version = msgspec.json.decode(stored, type=dict).get("format")
        if version != FORMAT:
            raise SettingsError(
                f"{path}: is of format {version}, and this version compares format {FORMAT}. Run it again."
            )
        return msgspec.json.decode(stored, type=Evaluation)
    except msgspec.MsgspecError as error:
        raise SettingsError(f"{path}: is no evaluation ({error}).") from None


def earlier(named: str, state: Path, text: bool, stub: bool = False) -> Evaluation:
    """A file, or `last`: the latest in the state directory that was made in the same way. Raises SettingsError.

    text, stub: whether the one to be compared with it is in text, or with stub services.
    """
    if named != LAST:
        return kept(Path(named))
    for path in sorted((state / FOLDER).glob("*.json"), reverse=True):
        try:
            found = kept(path)
        except SettingsError:
            continue  # of another version
        if (found.text, found.stub) == (text, stub):
            return found
    how = "in text" if text else "with stub services" if stub else "by audio"
    raise SettingsError(f"--against last: no evaluation {how} is kept in {state / FOLDER} yet.")
