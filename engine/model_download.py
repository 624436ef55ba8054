"""Watches the download of one Whisper model: a child process, the bytes it writes, the time since either moved."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from engine.errors import ModelError
from engine.statedir import free_bytes

Report = Callable[[int, int], None]

POLL_S = 0.2
START_LIMIT_S = 60.0  # for the child to load what it needs, on a machine with other work
SPARE_BYTES = 20_000_000  # left free on the disk beside the model


class Download:
    """One attempt to fill `partial`; what is there from an earlier one is not fetched again.

    report: told (bytes done, bytes in all) whenever they have changed.
    """

    def __init__(self, name: str, partial: Path, report: Report, no_progress_limit_s: float) -> None:
        self.name = name
        self.partial = partial
        self.report = report
        self.no_progress_limit_s = no_progress_limit_s
        self.total_bytes = 0
        self.expected: set[str] = set()
        self.checked: set[str] = set()

    def run(self, repository: str) -> None:
        """Fetch and check every file. Raises ModelError; however it ends, the child process ends with it."""
        with tempfile.TemporaryFile() as complaints:
            child = subprocess.Popen(
                [sys.executable, "-m", "engine.model_fetch", repository, str(self.partial)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
            try:
                self._watch(child)
            finally:
                child.kill()
                child.wait()
                for stream in (child.stdin, child.stdout):
                    if stream:
                        stream.close()
            if not self.expected or self.checked != self.expected or not is_whole(self.partial):
                complaints.seek(0)
                last = (
                    complaints.read().decode("utf-8", "replace").strip().splitlines() or ["no word of why"]
                )[-1]
                raise self._failure(f"the download ended early ({last})", "Run the same command again.")

    def _watch(self, child: subprocess.Popen[str]) -> None:
        """Until the child is done. Raises ModelError when it fails or nothing has happened for too long."""
        words: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        assert child.stdout is not None
        threading.Thread(target=_read_lines, args=(child.stdout, words), daemon=True).start()
        done_bytes, moved_at, limit_s = -1, time.monotonic(), START_LIMIT_S
        while True:
            try:
                message = words.get(timeout=POLL_S)
                if message is None:
                    return
                self._hear(message)
                limit_s = self.no_progress_limit_s
                moved_at = time.monotonic()
            except queue.Empty:
                pass
            now_bytes = bytes_in(self.partial)
            if now_bytes != done_bytes:
                done_bytes, moved_at = now_bytes, time.monotonic()
                self.report(min(done_bytes, self.total_bytes), self.total_bytes)
            if time.monotonic() - moved_at > limit_s:
                raise self._failure(
                    f"the model hub has sent nothing for {limit_s:.0f} s",
                    "Check the network (a login page of the Wi-Fi, a proxy), then run the same command again.",
                )

    def _hear(self, message: dict[str, Any]) -> None:
        if "files" in message:
            self.expected = set(message["files"])
            self.total_bytes = sum(message["files"].values())
            missing = self.total_bytes - bytes_in(self.partial) + SPARE_BYTES
            if missing > (free := free_bytes(self.partial)):
                raise self._failure(
                    f"{missing // 1_000_000} MB are needed in {self.partial.parent}, {free // 1_000_000} MB are free",
                    "Make room, or name another directory with --state-dir.",
                )
        elif "checked" in message:
            self.checked.add(message["checked"])
            if self.checked == self.expected:
                self.report(self.total_bytes, self.total_bytes)
        elif "error" in message:
            raise self._failure(*_explanation(message["error"], message["text"], self.partial.parent))

    def _failure(self, what: str, next_step: str) -> ModelError:
        kept = bytes_in(self.partial)
        kept_text = f" {kept / 1e6:.0f} MB are kept to go on from." if kept >= 1_000_000 else ""
        return ModelError(f"Model {self.name!r} could not be fetched: {what}. {next_step}{kept_text}")


def is_whole(path: Path) -> bool:
    """Is everything there that loading needs? Without tokenizer.json faster-whisper would go to the network."""
    files = [path / "model.bin", path / "config.json", path / "tokenizer.json", *path.glob("vocabulary.*")]
    return len(files) > 3 and all(file.is_file() and file.stat().st_size > 0 for file in files)


def bytes_in(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_size  # noqa: PTH116, PTH118 - five times a second
            except FileNotFoundError:  # renamed between the two calls
                continue
    return total


def _read_lines(stream: IO[str], words: queue.SimpleQueue[dict[str, Any] | None]) -> None:
    """Hand on the child's words; None after the last one."""
    try:
        for line in stream:
            words.put(json.loads(line))
    except ValueError:
        pass  # cut off in the middle, or closed by us: the end, in either case
    words.put(None)


def _explanation(kind: str, text: str, folder: Path) -> tuple[str, str]:
    """What went wrong and the next step, for a kind of error named by the child."""
    match kind:
        case "offline" if os.environ.get("HF_HUB_OFFLINE"):
            return "HF_HUB_OFFLINE is set", "Unset it, then run the same command again."
        case "offline":
            return (
                f"no connection to the model hub ({text})",
                "Check the network or the proxy and run it again.",
            )
        case "disk":
            return f"{folder}: the disk is full", "Make room, or name another directory with --state-dir."
        case "unknown":
            return f"the hub does not have it ({text})", "Try another size: call-thing models pull small."
        case "damaged":
            return text, "Run the same command again; only that file is fetched anew."
    return (
        f"the model hub answered with an error ({text})",
        "Try again later, or check HF_ENDPOINT if it is set.",
    )
