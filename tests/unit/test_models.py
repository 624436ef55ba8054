"""Whisper models arrive whole or not at all, whatever the network and the disk do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import model_download, models
from engine.errors import ExitCode, ModelError
from engine.model_fetch import WRITE_BYTES
from tests.fakes.hub import FakeHub

REPOSITORY = "Systran/faster-whisper-tiny"
MODEL = bytes(range(256)) * 12_000  # 3 MB
FILES = {
    "config.json": b"{}",
    "model.bin": MODEL,
    "tokenizer.json": b"{}",
    "vocabulary.txt": b"a\nb\n",
    "README.md": b"not wanted",
}


@pytest.fixture
def hub(monkeypatch):
    with FakeHub(REPOSITORY, dict(FILES)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield hub


def quiet(done: int, total: int) -> None: ...


def no_child_is_left() -> bool:
    """None that fetches: other tests may have left processes of their own to this one."""
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    numbers = children.read_text().split() if children.exists() else []
    commands = [Path(f"/proc/{number}/cmdline") for number in numbers]
    return not any(b"engine.model_fetch" in each.read_bytes() for each in commands if each.exists())


def test_pulled_model_is_whole_and_listed(hub: FakeHub, tmp_path: Path):
    assert models.path_of("tiny", tmp_path) is None
    path = models.pull("tiny", tmp_path, quiet)
    assert path == models.path_of("tiny", tmp_path) == tmp_path / "tiny"
    assert (path / "model.bin").read_bytes() == MODEL
    assert sorted(p.name for p in path.iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]
    assert [(m.size, m.size_bytes) for m in models.installed(tmp_path)] == [("tiny", len(MODEL) + 8)]
    assert no_child_is_left()


def test_second_pull_asks_nobody(hub: FakeHub, tmp_path: Path):
    models.pull("tiny", tmp_path, quiet)
    asked = hub.requests
    models.pull("tiny", tmp_path, quiet)
    assert hub.requests == asked


def test_progress_grows_to_the_whole(hub: FakeHub, tmp_path: Path):
    hub.waits_at = thirds = (1_000_000, 2_000_000)
    reports: list[tuple[int, int]] = []

    def report(done: int, total: int) -> None:
        reports.append((done, total))
        reached = len(told)
        if reached < len(thirds) and done >= thirds[reached] - WRITE_BYTES:
            told.append(done)
            hub.goes_on.release()  # it sends no more before this is known

    told: list[int] = []
    models.pull("tiny", tmp_path, report, no_progress_limit_s=50)
    done = [report[0] for report in reports if report[1]]
    assert done == sorted(done)
    assert len(told) == 2 and told[0] <= thirds[0] + 10 and told[1] <= thirds[1] + 10, reports
    assert reports[-1] == (len(MODEL) + 8, len(MODEL) + 8)


def test_slow_hub_that_keeps_sending_is_not_given_up(hub: FakeHub, tmp_path: Path):
    hub.bytes_per_s = 2_000_000
    started = time.monotonic()
    models.pull("tiny", tmp_path, quiet, no_progress_limit_s=1.4)
    assert time.monotonic() - started > 1.5  # 3 MB


def test_broken_connection_is_gone_on_from_within_the_pull(hub: FakeHub, tmp_path: Path):
    hub.cut_after_bytes = 2_000_000
    path = models.pull("tiny", tmp_path, quiet)
    assert (path / "model.bin").read_bytes() == MODEL
    assert any(wanted.startswith("bytes=") for wanted in hub.ranges)


def test_stalled_download_is_given_up_and_gone_on_from_later(hub: FakeHub, tmp_path: Path):
    hub.stall_after_bytes = 1_500_000
    with pytest.raises(ModelError, match="has sent nothing for 2 s") as given_up:
        models.pull("tiny", tmp_path, quiet, no_progress_limit_s=2.0)
    assert "are kept to go on from" in str(given_up.value)
    assert models.installed(tmp_path) == []
    assert models.path_of("tiny", tmp_path) is None
    assert no_child_is_left()
    hub.stall_after_bytes = 0
    hub.ranges.clear()
    path = models.pull("tiny", tmp_path, quiet)
    assert (path / "model.bin").read_bytes() == MODEL
    assert hub.ranges[0].startswith("bytes=1")  # not from the beginning


def test_hub_that_never_answers_is_given_up(hub: FakeHub, tmp_path: Path):
    hub.silent = True
    started = time.monotonic()
    with pytest.raises(ModelError, match="has sent nothing for 2 s") as given_up:
        models.pull("tiny", tmp_path, quiet, no_progress_limit_s=2.0)
    assert time.monotonic() - started < 40  # not for ever; on a busy machine the child alone takes seconds
    assert "Check the network" in str(given_up.value)
    assert no_child_is_left()


def test_no_network_is_said_within_seconds(tmp_path: Path, monkeypatch):
    with socket.socket() as closed:  # a port on which nobody listens
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed.getsockname()[1]}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        started = time.monotonic()
        with pytest.raises(ModelError, match="no connection to the model hub") as refused:
            models.pull("tiny", tmp_path, quiet)
    assert time.monotonic() - started < 40  # not for ever; on a busy machine the child alone takes seconds
    assert "Check the network" in str(refused.value)


def test_offline_switch_is_named(hub: FakeHub, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        models.pull("tiny", tmp_path, quiet)
    assert hub.requests == 0


@pytest.mark.parametrize(("status", "text"), [(404, "does not have it"), (500, "answered with an error")])
def test_answer_that_is_an_error_is_told(hub: FakeHub, tmp_path: Path, status: int, text: str):
    hub.repository, hub.status = ("other/one", 0) if status == 404 else (REPOSITORY, status)
    with pytest.raises(ModelError, match=text):
        models.pull("tiny", tmp_path, quiet)


def test_newer_revision_is_not_mixed_with_half_of_the_older_one(hub: FakeHub, tmp_path: Path):
    hub.stall_after_bytes = 1_500_000
    with pytest.raises(ModelError):
        models.pull("tiny", tmp_path, quiet, no_progress_limit_s=1.5)
    hub.stall_after_bytes = 0
    hub.files["model.bin"] = newer = MODEL[::-1]
    path = models.pull("tiny", tmp_path, quiet)
    assert (path / "model.bin").read_bytes() == newer
    assert sorted(p.name for p in path.iterdir()) == [
        "config.json",
        "model.bin",
        "tokenizer.json",
        "vocabulary.txt",
    ]


def test_damaged_model_is_never_installed_and_fetched_anew(hub: FakeHub, tmp_path: Path):
    hub.corrupt = True
    with pytest.raises(ModelError, match="did not arrive as it was sent"):
        models.pull("tiny", tmp_path, quiet)
    assert models.installed(tmp_path) == []
    hub.corrupt = False
    assert (models.pull("tiny", tmp_path, quiet) / "model.bin").read_bytes() == MODEL


def test_repository_without_a_tokenizer_is_not_whole(hub: FakeHub, tmp_path: Path):
    del hub.files["tokenizer.json"]
    with pytest.raises(ModelError, match="ended early"):
        models.pull("tiny", tmp_path, quiet)
    assert models.installed(tmp_path) == []


def test_folder_with_a_configuration_alone_is_no_model(tmp_path: Path):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "config.json").write_text("{}")
    assert models.installed(tmp_path) == []
    assert models.path_of("small", tmp_path) is None


def test_unknown_size_lists_the_known_ones(tmp_path: Path):
    with pytest.raises(ModelError, match=r"'smal' is no Whisper size. Known are: .*small"):
        models.pull("smal", tmp_path, quiet)


def test_alias_lies_under_the_name_it_was_asked_by(hub: FakeHub, tmp_path: Path):
    hub.repository = models.sizes()["turbo"]
    assert models.pull("turbo", tmp_path, quiet) == models.path_of("turbo", tmp_path) == tmp_path / "turbo"


def test_too_small_a_disk_is_told_before_the_download(hub: FakeHub, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(model_download, "free_bytes", lambda path: 1_000_000)
    with pytest.raises(ModelError, match=r"23 MB are needed in .*, 1 MB are free"):
        models.pull("tiny", tmp_path, quiet)
    assert hub.ranges == []


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="only root can mount a small disk"
)
def test_disk_that_fills_up_on_the_way_is_told(hub: FakeHub, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(model_download, "free_bytes", lambda path: 1_000_000_000)
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path)], capture_output=True
    ).returncode:
        pytest.skip("no right to mount here")
    try:
        with pytest.raises(ModelError, match="the disk is full"):
            models.pull("tiny", tmp_path, quiet)
        assert models.installed(tmp_path) == []
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_unusable_folder_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written") as refused:
        models.pull("tiny", tmp_path / "file", quiet)
    assert "--state-dir" in str(refused.value)


def start_pull(folder: Path) -> subprocess.Popen[bytes]:
    code = "import sys; from pathlib import Path; from engine import models\n"
    code += "raise SystemExit(models.command_pull('tiny', Path(sys.argv[1])))"
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def wait_for_bytes(folder: Path, process: subprocess.Popen[bytes], count: int = 200_000) -> None:
    until = time.monotonic() + 20
    while model_download.bytes_in(folder) < count and time.monotonic() < until and process.poll() is None:
        time.sleep(0.02)
    assert model_download.bytes_in(folder) >= count


def test_second_pull_of_the_same_model_is_refused_while_the_first_runs(hub: FakeHub, tmp_path: Path):
    hub.stall_after_bytes = 1_000_000
    first = start_pull(tmp_path)
    try:
        wait_for_bytes(tmp_path, first)
        with pytest.raises(ModelError, match="is being fetched already"):
            models.pull("tiny", tmp_path, quiet)
    finally:
        first.kill()
        first.communicate()


def test_interrupt_keeps_what_was_fetched(hub: FakeHub, tmp_path: Path):
    hub.stall_after_bytes = 1_000_000
    process = start_pull(tmp_path)
    wait_for_bytes(tmp_path, process)
    process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=10)
    assert process.returncode == ExitCode.INTERRUPTED
    assert b"the same command goes on" in complaints
    assert b"Traceback" not in complaints
    assert model_download.bytes_in(tmp_path) >= 200_000


def test_killed_pull_leaves_no_process_behind(hub: FakeHub, tmp_path: Path):
    hub.stall_after_bytes = 1_000_000
    process = start_pull(tmp_path)
    wait_for_bytes(tmp_path, process)
    process.kill()
    process.communicate(timeout=10)  # ends when the download has closed its copy of stderr and stdout
    until = time.monotonic() + 10
    while (left := _fetchers(tmp_path)) and time.monotonic() < until:
        time.sleep(0.05)
    assert left == []


def _fetchers(folder: Path) -> list[str]:
    """Command lines of processes that fetch into this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_text()
        except OSError:
            continue
        if "engine.model_fetch" in line and str(folder) in line:
            found.append(line)
    return found


def test_command_prints_the_folder_alone_on_stdout(hub: FakeHub, tmp_path: Path):
    process = start_pull(tmp_path)
    output, words = process.communicate(timeout=20)
    assert process.returncode == ExitCode.OK, words
    assert output.decode() == f"{tmp_path / 'tiny'}\n"
    assert b"tiny: 3 of 3 MB" in words


def test_command_that_fails_returns_the_models_exit_code(tmp_path: Path, capsys):
    assert models.command_pull("huge", tmp_path) is ExitCode.MODEL
    output, words = capsys.readouterr()
    assert output == ""
    assert "no Whisper size" in words


def test_list_tells_people_and_programs(hub: FakeHub, tmp_path: Path, capsys):
    models.command_list(tmp_path)
    assert "call-thing models pull small" in capsys.readouterr().err
    models.pull("tiny", tmp_path, quiet)
    models.command_list(tmp_path)
    assert "tiny" in capsys.readouterr().out
    models.command_list(tmp_path, as_json=True)
    assert [row["size"] for row in json.loads(capsys.readouterr().out)] == ["tiny"]
