"""One engine per state directory, and clients that find it, or learn that there is none."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from engine.errors import AlreadyRunning, StateError
from engine.statedir import StateDirectory, check_usable, is_held

HOLDER = """
    import sys
    from pathlib import Path
    from engine.statedir import StateDirectory
    state = StateDirectory(Path(sys.argv[1]))
    state.announce({"commands": "tcp://127.0.0.1:1"})
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that holds the directory until its stdin is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path / "state")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stdin is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def test_directory_is_made_with_parents_for_us_alone(tmp_path: Path):
    with StateDirectory(tmp_path / "a" / "state") as state:
        assert state.path.stat().st_mode & 0o777 == 0o700
        assert all(folder.is_dir() for folder in (state.journals, state.cache, state.logs, state.models))
        assert state.reservations_db.parent == state.path
        assert not list(state.path.glob(".*"))  # the probe is gone


def test_client_reads_what_the_engine_announced(tmp_path: Path):
    with StateDirectory(tmp_path) as state:
        assert StateDirectory.running(tmp_path) is None  # not announced yet
        state.announce({"commands": "tcp://127.0.0.1:5", "key": "k"})
        assert StateDirectory.running(tmp_path) == {
            "pid": os.getpid(),
            "commands": "tcp://127.0.0.1:5",
            "key": "k",
        }
        assert (tmp_path / "engine.json").stat().st_mode & 0o777 == 0o600


def test_no_engine_is_found_after_close(tmp_path: Path):
    state = StateDirectory(tmp_path)
    state.announce({})
    state.close()
    state.close()
    assert StateDirectory.running(tmp_path) is None
    assert not (tmp_path / "engine.json").exists()


def test_looking_for_an_engine_creates_nothing(tmp_path: Path):
    assert StateDirectory.running(tmp_path / "nowhere") is None
    assert not (tmp_path / "nowhere").exists()


def test_second_engine_in_another_process_is_refused_with_the_first_ones_pid(tmp_path: Path, holder):
    with pytest.raises(AlreadyRunning) as refused:
        StateDirectory(tmp_path / "state")
    assert str(holder.pid) in str(refused.value)
    assert str(tmp_path / "state") in str(refused.value)
    assert StateDirectory.running(tmp_path / "state") == {
        "pid": holder.pid,
        "commands": "tcp://127.0.0.1:1",
    }


def test_second_engine_in_the_same_process_is_refused(tmp_path: Path):
    with StateDirectory(tmp_path), pytest.raises(AlreadyRunning):
        StateDirectory(tmp_path)


def test_file_of_a_killed_engine_is_stale_and_its_directory_free(tmp_path: Path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "state" / "engine.json").exists()
    assert StateDirectory.running(tmp_path / "state") is None
    with StateDirectory(tmp_path / "state"):
        assert StateDirectory.running(tmp_path / "state") is None  # the old announcement is gone too


def test_child_processes_do_not_keep_the_lock(tmp_path: Path):
    state = StateDirectory(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        state.close()
        StateDirectory(tmp_path).close()
    finally:
        child.communicate(b"\n")


def test_clients_that_look_do_not_keep_an_engine_from_starting(tmp_path: Path):
    StateDirectory(tmp_path).close()
    code = "import sys; from pathlib import Path; from engine.statedir import StateDirectory\n"
    code += "print(flush=True)\nwhile True: StateDirectory.running(Path(sys.argv[1]))"
    client = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert client.stdout is not None
        client.stdout.readline()
        for _ in range(20):
            StateDirectory(tmp_path).close()
    finally:
        client.kill()
        client.communicate()


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_file_in_the_place_of_the_directory_is_named(tmp_path: Path, below: str):
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="not a directory") as refused:
        StateDirectory(tmp_path / "file" / below)
    assert "--state-dir" in str(refused.value)
    assert StateDirectory.running(tmp_path / "file" / below) is None


def test_a_disk_that_takes_nothing_is_told_and_keeps_no_probe(tmp_path: Path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # a full disk, as far as write() can tell
    try:
        with pytest.raises(StateError, match="cannot be written"):
            StateDirectory(tmp_path / "state")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list((tmp_path / "state").iterdir()) == []


def test_a_directory_is_held_from_before_the_announcement(tmp_path: Path):
    assert not is_held(tmp_path / "not" / "yet")
    with StateDirectory(tmp_path):
        assert is_held(tmp_path)
    assert not is_held(tmp_path)


def test_too_little_space_says_how_much(tmp_path: Path):
    with pytest.raises(StateError, match=r"MB free, 9000000000 MB are needed"):
        StateDirectory(tmp_path, needed_free_bytes=9_000_000_000_000_000)


def run_unprivileged(code: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run code as `nobody`: root may write anywhere, so a read-only directory proves nothing to it."""
    drop = "import os, sys; from pathlib import Path\nfrom engine.statedir import StateDirectory\n"
    drop += "from engine.errors import StateError\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    return subprocess.run(
        [sys.executable, "-c", drop + textwrap.dedent(code), str(path)],
        capture_output=True,
        text=True,
        timeout=20,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_directory_of_another_account_is_refused_with_the_next_step(tmp_path: Path):
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if str(folder) not in ("/", "/tmp"):
            folder.chmod(0o755)
    code = """
        try:
            StateDirectory(Path(sys.argv[1]) / "state")
        except StateError as error:
            print(error)
    """
    done = run_unprivileged(code, tmp_path)
    assert "cannot be written (Permission denied)" in done.stdout, done.stderr
    assert "--state-dir" in done.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_client_of_another_account_learns_why_it_cannot_connect(tmp_path: Path):
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if str(folder) not in ("/", "/tmp"):
            folder.chmod(0o755)
    code = """
        try:
            StateDirectory.running(Path(sys.argv[1]))
        except StateError as error:
            print(error)
    """
    with StateDirectory(tmp_path) as state:
        state.announce({"key": "secret"})
        done = run_unprivileged(code, tmp_path)
    assert "belongs to another account" in done.stdout, done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_damaged_announcement_is_reported_not_believed(tmp_path: Path):
    with StateDirectory(tmp_path):
        (tmp_path / "engine.json").write_text('{"comm')
        with pytest.raises(StateError, match=r"engine\.json: cannot be read"):
            StateDirectory.running(tmp_path)


def test_announcement_replaces_the_earlier_one_whole(tmp_path: Path):
    with StateDirectory(tmp_path) as state:
        state.announce({"commands": "x" * 5000})
        state.announce({"commands": "y"})
        assert json.loads((tmp_path / "engine.json").read_text())["commands"] == "y"
        assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["engine.json", "engine.lock"]


def test_looking_whether_a_directory_is_usable_leaves_nothing(tmp_path: Path):
    assert check_usable(tmp_path / "not" / "yet") > 50_000_000
    assert list(tmp_path.iterdir()) == []
