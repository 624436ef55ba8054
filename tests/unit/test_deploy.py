"""What deploy/ tells people to do can be done: commands exist, metrics are served, systemd takes the unit."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest
import typer.main
import yaml

from engine.__main__ import app
from engine.coordinator.metric_values import Histograms, families
from engine.settings import Settings
from tests.fakes.coordinator import STATUS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
README = (DEPLOY / "README.md").read_text("utf-8")
UNIT = DEPLOY / "call-thing-coordinator.service"
COMMANDS = re.findall(r"call-thing ((?:coordinator|jobs|calls|doctor|models|console)\b[^`\n#;]*)", README)


def options_of(words: list[str]) -> tuple[set[str], list[str]]:
    """The options of a command of ours, and what of the words is left for it. Raises KeyError for an unknown one."""
    command = typer.main.get_command(app)
    while words and getattr(command, "commands", None):
        command = command.commands[words.pop(0)]
    return {name for each in command.params for name in each.opts}, words


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_every_command_of_the_page_exists_with_its_options(command):
    options, words = options_of(command.split())
    if "console" not in command:  # it hands its options over
        assert {word for word in words if word.startswith("--")} <= options, command


def test_the_page_has_commands_to_look_at():
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", README, re.DOTALL))
def test_every_piece_of_settings_on_the_page_is_valid(block):
    msgspec.convert(tomllib.loads(block), Settings)


def test_every_target_of_make_on_the_page_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"make (?:-C \S+ )?(\w+)", README)) - {"it"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_file_that_the_page_links_to_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (DEPLOY / target).exists(), target


def names_served() -> set[str]:
    """The names of all samples, as Prometheus knows them."""
    told = [*families(STATUS), *Histograms().families()]
    return {f"{family.name}{ending}" for family in told for ending, _, _ in family.samples}


@pytest.mark.parametrize("source", ["README.md", "prometheus-rules.yml"])
def test_every_metric_that_is_spoken_of_is_served(source):
    served = names_served()
    served |= {name.removesuffix("_bucket") for name in served}
    named = set(re.findall(r"\bcall_thing_\w+", (DEPLOY / source).read_text("utf-8")))
    assert named and named <= served


def test_every_rule_has_an_expression_a_severity_and_words():
    [group] = yaml.safe_load((DEPLOY / "prometheus-rules.yml").read_text("utf-8"))["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"])
    for rule in group["rules"]:
        assert rule["expr"] and rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]


def test_prometheus_is_told_of_the_port_and_the_rules_that_the_page_names():
    told = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    assert told["rule_files"] == ["prometheus-rules.yml"]
    [job] = told["scrape_configs"]
    assert job["job_name"] == "call-thing" and "metrics_port = 9464" in README
    assert job["static_configs"][0]["targets"] == ["127.0.0.1:9464"]


def test_the_unit_leaves_engines_alone_and_waits_for_them_to_drain():
    told = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE))
    assert told["KillMode"] == "process"
    assert int(told["TimeoutStopSec"]) > Settings().coordinator.drain_s


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_unit(tmp_path):
    unit = tmp_path / UNIT.name
    program = "/opt/call-thing/.venv/bin/call-thing"
    text = UNIT.read_text("utf-8")
    assert program in text
    unit.write_text(text.replace(program, shutil.which("true") or "/bin/true"), "utf-8")
    command = ["systemd-analyze", "verify", str(unit)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if "call-thing" not in checked.stderr and checked.returncode:
        pytest.skip(f"systemd-analyze cannot check units here: {checked.stderr.strip()[:200]}")
    assert checked.returncode == 0 and unit.name not in checked.stderr, checked.stderr
