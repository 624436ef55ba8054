"""Podman or Docker, where one of them really runs containers here; else the reason why the tests of it are skipped."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/call-thing-test"
BASE = "debian:bookworm-slim"
HYBRID = Path("/sys/fs/cgroup/unified")  # crun refuses that, runc does not
MOST_FILES, MOST_PROCESSES = 20_000, 10_000
HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges")


class ContainerTool:
    """`name` is podman or docker; its configuration allows for machines without the right to raise limits."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.environment = dict(os.environ)
        if name == "podman" and "CONTAINERS_CONF" not in os.environ:
            conf = folder / "containers.conf"
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
        """The image, from this very tree; "" and it is there, or why it cannot be built."""
        environment = {**self.environment, "TAG": IMAGE, "TOOL": self.name}
        if "SSL_CERT_FILE" in os.environ:
            environment["CA_FILE"] = os.environ["SSL_CERT_FILE"]
        if not self._has_base():
            if not shutil.which("mmdebstrap"):
                return "no registry can be reached, and mmdebstrap is not here to make a base image"
            environment["BASE"] = "debian"
        done = subprocess.run(
            ["sh", str(ROOT / "deploy" / "build.sh")],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=1500,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return ""

    def _has_base(self) -> bool:
        if self("image", "inspect", BASE, check=False).returncode == 0:
            return True
        return self("pull", BASE, check=False, timeout_s=120).returncode == 0

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

    def inspect(self, image: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("image", "inspect", image).stdout)[0]
        return found


def tool_here(folder: Path) -> ContainerTool | str:
    """Podman, Docker, or why neither is used."""
    for name in ("podman", "docker"):
        if shutil.which(name):
            tool = ContainerTool(name, folder)
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
