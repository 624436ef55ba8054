"""What reaches the nodes of a Ray cluster: settings, flags, versions; and the files for Kubernetes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import yaml

from engine.coordinator.spawners import ray_host
from engine.coordinator.spawners.settings_file import flags_elsewhere, toml_of
from engine.settings import CoordinatorSettings, RaySettings, Settings, SipAccount, SipSettings
from engine.settings_sources import load

DEPLOY = Path(__file__).parents[2] / "deploy" / "ray"


def test_settings_arrive_as_they_are(tmp_path):
    accounts = {"A.b ü": SipAccount(provider="sip.example", password_env='X"\\\n')}
    settings = Settings(
        state_dir="/state",
        sip=SipSettings(accounts=accounts, account="A.b ü", codecs=("pcmu",)),
        coordinator=CoordinatorSettings(
            ray=RaySettings(resources={"lines": 4.0}, runtime_env={"env_vars": {"A": "1"}, "x": [1, True]})
        ),
    )
    file = tmp_path / "settings.toml"
    file.write_text(toml_of(settings), "utf-8")
    assert load(file, environment={}) == settings


def test_flags_that_name_files_of_this_machine_stay_here():
    flags = ["--settings", "a.toml", "--stub", "--state-dir=/x", "--state-dir", "/x", "--fast"]
    assert flags_elsewhere(flags) == ["--stub", "--fast"]


def test_a_node_listens_on_its_own_address_also_for_sip(monkeypatch, tmp_path):
    monkeypatch.setattr(ray_host, "_address", lambda: "10.0.0.7")
    monkeypatch.setenv("CALL_THING_LANGUAGE", "de")
    wanted = Settings(
        state_dir=str(tmp_path), sip=SipSettings(listen="10.0.0.1", allowed_peers=("10.9.9.9",))
    )
    ray_host.EngineHost("one", msgspec.json.encode(wanted), [], [])._made()
    found = load(tmp_path / ".settings-one.toml")
    assert found.engine.host == found.sip.listen == "10.0.0.7"
    assert found.language == "en"  # the node's environment does not count


async def test_a_node_with_another_version_is_said(monkeypatch):
    monkeypatch.setattr(ray_host, "_address", lambda: "10.0.0.7")
    told = await ray_host.EngineHost("one", b'{"new_section": {}}', [], []).start()
    assert told["error"].startswith("The node 10.0.0.7 has another version of call-thing")


# deploy/ray -------------------------------------------------------------------------------------------------------


def test_the_cluster_that_is_delivered_fits_the_coordinator_that_is_delivered():
    cluster = yaml.safe_load((DEPLOY / "cluster.yaml").read_text())
    by_kind = {each["kind"]: each for each in yaml.safe_load_all((DEPLOY / "coordinator.yaml").read_text())}
    settings = msgspec.convert(tomllib.loads(by_kind["ConfigMap"]["data"]["call-thing.toml"]), Settings)
    wanted, coordinator = settings.coordinator.ray, settings.coordinator
    assert wanted.address == f"{cluster['metadata']['name']}-head-svc:6379"
    assert wanted.resources == {"lines": float(coordinator.calls_per_engine)}
    lines, gpu = cluster["spec"]["workerGroupSpecs"]
    for group in (lines, gpu):
        assert float(group["resources"]["CPU"]) >= wanted.cpus
        assert float(group["resources"]["lines"]) >= wanted.resources["lines"]
        port = int(group["rayStartParams"]["node-manager-port"])
        [worker] = group["template"]["spec"]["containers"]
        assert worker["readinessProbe"]["tcpSocket"]["port"] == port
    engines = lines["maxReplicas"] * float(lines["resources"]["lines"]) / coordinator.calls_per_engine
    assert engines >= coordinator.max_engines
    assert cluster["spec"]["headGroupSpec"]["resources"]["CPU"] == "0"
    pod = by_kind["StatefulSet"]["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > coordinator.drain_s
    assert by_kind["StatefulSet"]["spec"]["replicas"] == 1


def test_one_version_of_ray_everywhere():
    cluster = yaml.safe_load((DEPLOY / "cluster.yaml").read_text())["spec"]
    version = cluster["rayVersion"]
    assert f"ARG RAY_VERSION={version}\n" in (DEPLOY / "Containerfile").read_text()
    assert cluster["autoscalerOptions"]["image"].startswith(f"rayproject/ray:{version}-")
