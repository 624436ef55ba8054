"""What the Makefile installs, and what a built wheel contains. No network: what needs one is proved by .ci/run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = next(
    (path for path in (str(ROOT / ".tools/uv/bin/uv"), shutil.which("uv")) if path and Path(path).exists()),
    "",
)
PACKAGES = ("engine", "console", "scenarios")

needs_uv = pytest.mark.skipif(not UV, reason="no uv: `make install` brings it")
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="no make on this machine")


@needs_uv
def test_wheel_has_every_file_of_the_packages(tmp_path: Path):
    """Models, languages and scenarios too: an installed call-thing has no checkout to look into."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    built = subprocess.run(
        [UV, "build", "--quiet", "--offline", "--wheel", "--out-dir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert built.returncode == 0, built.stderr
    [wheel] = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    wanted = {
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert wanted - inside == set()
    assert {"engine/recognizers/sim_ear/model.bin", "engine/languages/de.toml"} <= inside
    assert any(name.startswith("scenarios/") and name.endswith(".yaml") for name in inside)
    assert not [name for name in inside if name.startswith(("tests/", "benchmarks/", "tools/"))]


def pins(lock: str) -> dict[str, str]:
    """Package to version, of one lock; every entry must have at least one hash."""
    entries = re.findall(
        r"^([\w.-]+)==([^ ;\\]+)(.*?)(?=^[\w.-]+==|\Z)", (ROOT / lock).read_text(), re.M | re.S
    )
    assert entries
    for name, version, rest in entries:
        assert "--hash=sha256:" in rest, f"{lock}: {name}=={version} has no hash"
    return {name: version for name, version, _ in entries}


def test_developers_and_operators_run_the_same_versions():
    runtime, development = pins("requirements.lock"), pins("requirements-dev.lock")
    assert {name: development.get(name) for name in runtime} == runtime


def test_torch_is_locked_for_no_system_at_all():
    for lock in ("requirements.lock", "requirements-dev.lock"):
        lines = [
            line for line in (ROOT / lock).read_text().splitlines() if line.startswith(("torch==", "nvidia-"))
        ]
        assert all("sys_platform == 'never'" in line for line in lines), lines


def test_locks_name_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = [re.split(r"[<>=\[ ]", line)[0] for line in project["project"]["dependencies"]]
    assert set(named) <= set(pins("requirements.lock"))
    assert set(project["dependency-groups"]["dev"]) <= set(pins("requirements-dev.lock"))


def test_pinned_uv_can_build_this_project():
    """The build backend's bound and the pinned uv must agree, or installing would ask the network for a backend."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    [bound] = project["build-system"]["requires"]
    low, high = re.fullmatch(r"uv_build>=(\d+\.\d+),<(\d+\.\d+)", bound).groups()  # type: ignore[union-attr]
    version = tuple(map(int, pins("requirements-uv.lock")["uv"].split(".")[:2]))
    assert tuple(map(int, low.split("."))) <= version < tuple(map(int, high.split(".")))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what make needs before anything is installed, in a folder with a space in its name."""
    folder = tmp_path / "a checkout"
    (folder / "tools").mkdir(parents=True)
    for name in (
        "Makefile",
        "tools/bootstrap.sh",
        "requirements-uv.lock",
        "requirements.lock",
        "requirements-dev.lock",
    ):
        shutil.copy(ROOT / name, folder / name)
    (folder / "pyproject.toml").write_text("")
    return folder


def fake_python(folder: Path, script: str) -> str:
    path = folder / "fake-python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def make(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(checkout), **environment},
        timeout=30,
    )


@needs_make
def test_too_old_a_python_is_one_clear_line(checkout: Path, tmp_path: Path):
    old = fake_python(tmp_path, '[ "$1" = --version ] && echo Python 3.9.2 && exit; exit 1')
    done = make(checkout, "install", f"PYTHON={old}")
    assert done.returncode != 0
    assert done.stderr.splitlines()[0] == (
        f"call-thing needs Python 3.11 or later; {old} is 3.9.2. Name another one: make run PYTHON=python3.12"
    )


@needs_make
def test_python_that_is_not_there_is_named(checkout: Path):
    done = make(checkout, "install", "PYTHON=python9.99")
    assert "python9.99 is not on this machine" in done.stderr


@needs_make
def test_python_without_pip_and_venv_names_the_debian_package(checkout: Path, tmp_path: Path):
    bare = tmp_path / "fake-python"
    fake_python(tmp_path, f'[ "$1" = -m ] && exit 1; case "$2" in *executable*) echo {bare};; esac; exit 0')
    done = make(checkout, "install", f"PYTHON={bare}")
    assert done.returncode != 0
    assert "sudo apt-get install python3-venv" in done.stderr
    assert not (checkout / ".tools/uv").exists()


@needs_make
def test_no_network_is_told_and_leaves_nothing_half_done(checkout: Path):
    done = make(
        checkout, "install", f"PYTHON={sys.executable}", PIP_INDEX_URL="http://127.0.0.1:9/", PIP_RETRIES="0"
    )
    assert done.returncode != 0
    assert "uv could not be fetched" in done.stderr
    assert not (checkout / ".tools/uv").exists()


@needs_make
def test_second_run_installs_nothing(checkout: Path):
    """With the stamps in place nothing is left to do but to start."""
    for stamp in (".tools/uv/stamp", ".venv/stamp-venv", ".venv/stamp-run"):
        path = checkout / stamp
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert make(checkout, "-n", "run").stdout == ".venv/bin/call-thing run --lang en\n"
    assert make(checkout, "-n", "run", "lang=de").stdout == ".venv/bin/call-thing run --lang de\n"


@needs_make
def test_changed_lock_is_installed_and_keeps_the_developers_tools(checkout: Path):
    for stamp in (".tools/uv/stamp", ".venv/stamp-venv", ".venv/stamp-run", ".venv/stamp-dev"):
        path = checkout / stamp
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert "pip sync" not in make(checkout, "-n", "run").stdout
    future = (checkout / ".venv/stamp-run").stat().st_mtime + 60
    os.utime(checkout / "requirements.lock", (future, future))
    planned = make(checkout, "-n", "run").stdout
    assert "pip sync" in planned
    assert "|| lock=requirements-dev.lock" in planned


@needs_make
def test_help_names_every_target(checkout: Path):
    shown = make(checkout, "help").stdout
    for target in ("run", "test", "lint", "install", "pictures", "lock", "clean"):
        assert f"make {target} " in shown
