"""Engines in containers: what the container service is asked for, and what people are told where that fails."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.coordinator.spawner import SpawnError
from engine.coordinator.spawners.container import ContainerSpawner
from engine.coordinator.spawners.container_api import parted, socket_path
from engine.coordinator.spawners.container_plan import Owner, Place, body, named_files, owner, settings_file
from engine.settings import (
    BrainSettings,
    ContainerSettings,
    CoordinatorSettings,
    RecognizerSettings,
    Settings,
    SipAccount,
    SipSettings,
)
from tests.fakes.container_service import ContainerService

STATE = Path("/var/lib/call-thing")
PLACE = Place("one", STATE, STATE / "engines" / "one", 600)
NOBODY = "10001:10001" if os.geteuid() == 0 else ""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ContainerService]:
    service = ContainerService(tmp_path / "service.sock")
    yield service
    service.close()


def spawner(tmp_path: Path, arguments: list[str] | None = None, **chosen: Any) -> ContainerSpawner:
    container = ContainerSettings(socket=str(tmp_path / "service.sock"), **{"user": NOBODY, **chosen})
    settings = Settings(
        state_dir=str(tmp_path / "state"), coordinator=CoordinatorSettings(container=container)
    )
    return ContainerSpawner(settings, arguments or [], {})


def planned(
    container: ContainerSettings, environment: dict[str, str] | None = None, **parts: Any
) -> dict[str, Any]:
    settings = Settings(coordinator=CoordinatorSettings(container=container), **parts)
    return body(settings, PLACE, Owner(1000, 1000), environment or {})


def test_a_container_has_no_rights_that_an_engine_does_not_need():
    wanted = planned(ContainerSettings())
    host = wanted["HostConfig"]
    assert wanted["User"] == "1000:1000"
    assert host["ReadonlyRootfs"] is True and host["Tmpfs"].keys() == {"/tmp"}
    assert host["CapDrop"] == ["ALL"] and host["SecurityOpt"] == ["no-new-privileges"]
    assert host["RestartPolicy"] == {"Name": "no"}
    assert "Privileged" not in host and "CapAdd" not in host
    assert host["Binds"] == [f"{STATE}:{STATE}:rw"]


def test_limits_are_set_where_the_settings_name_some():
    free = planned(ContainerSettings())["HostConfig"]
    assert not {"NanoCpus", "Memory", "UsernsMode"} & free.keys()
    bound = planned(ContainerSettings(cpus=1.5, memory_mb=2000, userns="keep-id", network="container:me"))
    assert bound["HostConfig"]["NanoCpus"] == 1_500_000_000
    assert bound["HostConfig"]["Memory"] == bound["HostConfig"]["MemorySwap"] == 2_000_000_000
    assert (bound["HostConfig"]["UsernsMode"], bound["HostConfig"]["NetworkMode"]) == (
        "keep-id",
        "container:me",
    )


def test_of_the_environment_an_engine_gets_its_settings_and_its_keys_alone():
    outside = {
        "CALL_THING_VAD__ENTER": "0.6",
        "THE_KEY": "k",
        "TRUNK": "p",
        "AWS_SECRET": "x",
        "PATH": "/bin",
        "CALL_THING_STATE_DIR": "/elsewhere",
    }
    account = SipAccount(provider="sip.example", password_env="TRUNK")
    brain = BrainSettings(kind="openai", model="m", key_env="THE_KEY")
    wanted = planned(ContainerSettings(), outside, brain=brain, sip=SipSettings(accounts={"trunk": account}))
    inside = dict(each.split("=", 1) for each in wanted["Env"])
    assert inside["CALL_THING_VAD__ENTER"] == "0.6"
    assert (inside["THE_KEY"], inside["TRUNK"]) == ("k", "p")
    assert inside["CALL_THING_STATE_DIR"] == str(STATE)
    assert inside["CALL_THING_ENGINE__DIRECTORY"] == str(PLACE.folder)
    assert not {"AWS_SECRET", "PATH"} & inside.keys()


def test_a_settings_file_is_there_inside_where_it_lies_outside(tmp_path):
    (tmp_path / "call-thing.toml").write_text("")
    assert settings_file(["--settings", "mine.toml"], tmp_path) == tmp_path / "mine.toml"
    assert settings_file([], tmp_path) == tmp_path / "call-thing.toml"
    assert settings_file([], tmp_path / "elsewhere") is None
    place = msgspec.structs.replace(PLACE, settings_file=Path("/etc/mine.toml"))
    wanted = body(Settings(), place, Owner(1, 1), {})
    assert "/etc/mine.toml:/etc/mine.toml:ro" in wanted["HostConfig"]["Binds"]
    assert wanted["Cmd"][-2:] == ["--settings", "/etc/mine.toml"]


def test_keys_and_models_that_the_settings_name_can_be_read_inside_and_not_written(tmp_path):
    account = SipAccount(provider="sip.example", password_file="/run/secrets/trunk")
    settings = Settings(
        state_dir=str(STATE),
        brain=BrainSettings(kind="openai", model="m", key_file="/run/secrets/key"),
        recognizer=RecognizerSettings(model=f"{STATE}/models/small"),
        sip=SipSettings(accounts={"trunk": account}),
        coordinator=CoordinatorSettings(container=ContainerSettings(socket="/run/docker.sock")),
    )
    named = named_files(settings, {"GOOGLE_APPLICATION_CREDENTIALS": "/run/secrets/google.json"})
    assert [path.name for path in named] == ["google.json", "key", "trunk"]  # never the service's socket
    place = msgspec.structs.replace(PLACE, read_only=(Path("/run/secrets/key"),))
    assert (
        "/run/secrets/key:/run/secrets/key:ro"
        in body(settings, place, Owner(1, 1), {})["HostConfig"]["Binds"]
    )


def test_an_engine_runs_as_the_owner_of_the_state_directory_and_never_as_root():
    assert owner("", 1000, 100) == Owner(1000, 100)
    assert owner("7:8", 0, 0) == Owner(7, 8)
    for chosen, uid in (("", 0), ("0:0", 1000)):
        with pytest.raises(SpawnError, match="root"):
            owner(chosen, uid, uid)
    with pytest.raises(SpawnError, match="UID:GID"):
        owner("somebody", 1000, 1000)


def test_where_nobody_listens_people_are_told_what_to_install(tmp_path):
    with pytest.raises(SpawnError, match=r"apt-get install podman.*coordinator\.container\.socket"):
        socket_path("", {}, (tmp_path / "podman.sock", tmp_path / "docker.sock"))
    with pytest.raises(SpawnError, match="another machine"):
        socket_path("", {"DOCKER_HOST": "tcp://10.0.0.1:2376"})


def test_a_socket_is_the_settings_or_the_environments_or_where_one_is(tmp_path, service):
    assert socket_path("unix:///run/x.sock", {"DOCKER_HOST": "unix:///run/y.sock"}) == Path("/run/x.sock")
    assert socket_path("", {"DOCKER_HOST": "unix:///run/y.sock"}) == Path("/run/y.sock")
    assert socket_path("", {}, (tmp_path / "none.sock", service.path)) == service.path


async def test_a_service_that_went_away_is_a_spawn_error_and_no_engine_is_taken_for_gone(tmp_path, service):
    there = spawner(tmp_path)
    await there.spawn("one")
    away = spawner(tmp_path)
    away._api.path = tmp_path / "away.sock"
    assert not await away.is_gone("one")
    with pytest.raises(SpawnError, match="no Docker and no Podman answers"):
        await away.spawn("two")
    with pytest.raises(SpawnError, match="answers"):
        await away.running()


async def test_an_image_that_is_not_there_is_to_be_built(tmp_path, service):
    with pytest.raises(SpawnError, match=r"no image nowhere/else.*make image"):
        await spawner(tmp_path, image="nowhere/else").spawn("one")
    assert not service.containers and not list((tmp_path / "state" / "engines").iterdir())


async def test_a_container_that_ends_at_once_says_why_and_is_removed(tmp_path, service):
    service.flags = ("--fails", "The models are not there. Pull them.")
    with pytest.raises(SpawnError, match=r"The models are not there\. Pull them\."):
        await spawner(tmp_path).spawn("one")
    assert not service.containers


async def test_containers_of_another_state_directory_are_nobodys_here(tmp_path, service):
    await spawner(tmp_path).spawn("one")
    other = Settings(
        state_dir=str(tmp_path / "other"),
        coordinator=CoordinatorSettings(container=ContainerSettings(socket=str(service.path), user=NOBODY)),
    )
    assert await ContainerSpawner(other, [], {}).running() == []


async def test_a_container_that_has_the_name_already_is_left_alone(tmp_path, service):
    first = spawner(tmp_path)
    await first.spawn("one")
    shutil.rmtree(tmp_path / "state" / "engines")  # the coordinator does not know of it any more
    with pytest.raises(SpawnError, match="in use"):
        await spawner(tmp_path).spawn("one")
    (container,) = service.containers.values()
    assert container.state()["Running"]


async def test_an_engine_is_asked_to_end_before_its_container_is_stopped(tmp_path, service):
    one = spawner(tmp_path)
    await one.spawn("one")
    await one.stop("one", 5)
    asked = [(method, path.rpartition("/")[2]) for method, path, _, _ in service.requests]
    assert ("POST", "stop") not in asked and asked[-1][0] == "DELETE" and asked[-1][1].endswith("-one")
    assert not service.containers


async def test_the_log_of_a_container_that_was_killed_is_kept(tmp_path, service):
    one = spawner(tmp_path)
    spawned = await one.spawn("one")
    os.kill(spawned.address.pid, signal.SIGABRT)
    (container,) = service.containers.values()
    container.said = b"a room fell over\n"
    assert container.process is not None
    container.process.wait()
    await one.stop("one", 1)
    assert "a room fell over" in (tmp_path / "state/engines/one/logs/engine.log").read_text()


def test_the_pieces_of_a_log_are_put_together():
    assert parted(b"\x02\0\0\0\0\0\0\x03one\x01\0\0\0\0\0\0\x04 two") == "one two"
    assert parted(b"\x02\0\0\0\0\0") == ""
