"""Podman or Docker, where one of them really runs containers here; else the reason why the tests of it are skipped."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import re
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/call-thing-test"
LIGHT_IMAGE = "localhost/call-thing-test-light"
BASE = "debian:bookworm-slim"
HYBRID = Path("/sys/fs/cgroup/unified")  # crun refuses that, runc does not
MOST_FILES, MOST_PROCESSES = 20_000, 10_000
BUILD_S = 900  # twice as long as it takes on two cores that have other work
PULL_S = 120
# How apt, pip, uv and podman say that it was the network, or what this machine lets them do: no fault of the image.
NOT_TO_BE_HAD = re.compile(
    r"Temporary failure|Could not resolve|Could not connect|Unable to connect|Cannot initiate the connection"
    r"|[Cc]onnection (?:timed out|refused|reset|failed)|Network is unreachable|[Tt]imed out|no such host"
    r"|NewConnectionError|ConnectTimeout|error sending request|dns error|certificate verify failed"
    r"|[Oo]peration not permitted|insufficient UIDs or GIDs|no space left on device|No space left on device"
)
NOBODY = "10001:10001"  # the image's user, and who engines run as where the tests run as root
LIGHT = f"""FROM {IMAGE}
COPY spawned_engine.py /light/tests/fakes/
ENV PYTHONPATH=/light
ENTRYPOINT ["tini", "--", "python", "-m", "tests.fakes.spawned_engine"]
"""
HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges")


class ContainerTool:
    """`name` is podman or docker; its configuration allows for machines without the right to raise limits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.environment = dict(os.environ)
        if name == "podman" and "CONTAINERS_CONF" not in os.environ:
            self._folder = tempfile.TemporaryDirectory()  # goes with us
            conf = Path(self._folder.name) / "containers.conf"
            conf.write_text(_configuration())
            self.environment["CONTAINERS_CONF"] = str(conf)

    def __call__(
        self, *arguments: str, timeout_s: float = 120, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [self.name, *arguments],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert not check or done.returncode == 0, f"{self.name} {arguments}: {done.stderr[-2000:]}"
        return done

    def build(self) -> str:
        """The image, from this very tree; "" and it is there, or why it cannot be had here.

        Raises AssertionError with the end of what was said where the build itself is at fault.
        """
        environment = {**self.environment, "TAG": IMAGE, "TOOL": self.name}
        if "SSL_CERT_FILE" in os.environ:
            environment["CA_FILE"] = os.environ["SSL_CERT_FILE"]
        if not self._has_base():
            if not shutil.which("mmdebstrap"):
                return "no registry can be reached, and mmdebstrap is not here to make a base image"
            environment["BASE"] = "debian"
        before = self._id()
        status, said = _said(["sh", str(ROOT / "deploy" / "build.sh"), *self._keeps_nothing()], environment)
        if status is None:
            return f"{self.name} did not build the image within {BUILD_S} s"
        if status:
            why = why_not_to_be_had(said)
            assert why, said[-4000:]
            return f"{self.name} cannot build the image here: {why}"
        if before and before != self._id():
            self("rmi", LIGHT_IMAGE, before, check=False)  # half a gigabyte that has no name any more
        return ""

    def build_light(self) -> str:
        """The name of an image with light engines, made from the other one, which is there."""
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(ROOT / "tests" / "fakes" / "spawned_engine.py", folder)
            file = Path(folder) / "Containerfile"
            file.write_text(LIGHT)
            self("build", *self._keeps_nothing(), "--file", str(file), "--tag", LIGHT_IMAGE, folder)
        return LIGHT_IMAGE

    def _keeps_nothing(self) -> tuple[str, ...]:
        """Podman would keep every step of every build, gigabytes that nobody looks at again."""
        return ("--layers=false",) if self.name == "podman" else ()

    def _has_base(self) -> bool:
        if self("image", "inspect", BASE, check=False).returncode == 0:
            return True
        try:
            return self("pull", BASE, check=False, timeout_s=PULL_S).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def _id(self) -> str:
        """Of the image that was built last; "" = none is here."""
        return self("images", "--quiet", "--no-trunc", IMAGE, check=False).stdout.strip()

    @contextmanager
    def service(self, folder: Path) -> Iterator[Path]:
        """The socket of its API."""
        if self.name == "docker":
            yield Path("/var/run/docker.sock")
            return
        path = folder / "podman.sock"
        serving = subprocess.Popen(
            [self.name, "system", "service", "--time=0", f"unix://{path}"],
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            ends = time.monotonic() + 20
            while not path.exists():
                assert time.monotonic() < ends and serving.poll() is None, "podman does not serve its API"
                time.sleep(0.05)
            yield path
        finally:
            serving.terminate()
            serving.wait(10)

    def inspect(self, name: str, kind: str = "image") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self(kind, "inspect", name).stdout)[0]
        return found


def why_not_to_be_had(said: str) -> str:
    """The line of a build's words that puts it down to the network or the machine; "" = the build is at fault."""
    found = [line.strip() for line in said.splitlines() if NOT_TO_BE_HAD.search(line)]
    return found[-1][-300:] if found else ""


def _said(command: list[str], environment: dict[str, str]) -> tuple[int | None, str]:
    """Exit status and words of a command; (None, "") where it was still at it after BUILD_S, and was ended."""
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, errors="replace",
    ) as building:  # fmt: skip
        try:
            said, _ = building.communicate(timeout=BUILD_S)
        except subprocess.TimeoutExpired:
            for each in psutil.Process(building.pid).children(recursive=True):  # what runs inside as well
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            building.kill()
            return None, ""
    return building.returncode, said


def given_away(folder: Path) -> Path:
    """A new folder, which the image's user may write where the tests run as root."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(folder, *map(int, NOBODY.split(":")))
        for above in folder.parents[:3]:  # as many as pytest makes for a test
            above.chmod(above.stat().st_mode | 0o011)
    return folder


@functools.cache
def built() -> ContainerTool | str:
    """The tool with the image of this very tree, or why it cannot be had here. Once in a process: it takes minutes."""
    tool = tool_here()
    return tool if isinstance(tool, str) else tool.build() or tool


def tool_here() -> ContainerTool | str:
    """Podman, Docker, or why neither is used."""
    for name in ("podman", "docker"):
        if shutil.which(name):
            tool = ContainerTool(name)
            said = tool("info", check=False, timeout_s=60)
            return tool if said.returncode == 0 else f"{name} does not run here: {said.stderr.strip()[-200:]}"
    return "neither podman nor docker is installed"


def _configuration() -> str:
    files = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], MOST_FILES)
    processes = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    processes = MOST_PROCESSES if processes < 0 else min(processes, MOST_PROCESSES)
    limits = f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]\n'
    runtime = '[engine]\nruntime = "runc"\n' if HYBRID.exists() and shutil.which("runc") else ""
    return limits + runtime
