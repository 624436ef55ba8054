"""The spawners, and the one that the settings name, imported when it is wanted: a cluster's packages are heavy."""

from __future__ import annotations

from pathlib import Path

from engine.coordinator.spawner import Spawner
from engine.settings import Settings
from engine.statedir import ENGINES


def engine_folder(settings: Settings, name: str) -> Path:
    """The folder of an engine on this machine, with its lock, address and log.

    Journals, reservations and what was dialled are those of the main state directory, which its engines share.
    """
    return settings.state_path / ENGINES / name


def make_spawner(settings: Settings, arguments: list[str]) -> Spawner:
    """What `coordinator.spawner` names. arguments: flags that make an engine use the same settings.

    Raises CallThingError, with the next step, where it cannot be used here.
    """
    match settings.coordinator.spawner:
        case "container":
            from engine.coordinator.spawners.container import ContainerSpawner

            return ContainerSpawner(settings, arguments)
        case "ray":
            from engine.coordinator.spawners.ray import RaySpawner

            return RaySpawner(settings, arguments)
        case _:
            from engine.coordinator.spawners.local import LocalPool

            return LocalPool(settings, arguments)
