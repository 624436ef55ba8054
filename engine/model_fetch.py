"""The child process that fetches one Whisper model: `python -m engine.model_fetch REPOSITORY FOLDER`.

A process of its own because the hub's client cannot be interrupted while a server keeps it waiting: the parent
(model_download.py) watches FOLDER grow and kills this process when it does not. What was fetched stays there to
go on from. Says one JSON object per line on stdout:

    {"asks": repository}                the hub is asked from now on
    {"files": {name: bytes, ...}}       what will be fetched
    {"checked": name}                   this file is there, and has the size and the hash it should have
    {"error": kind, "text": what}       kind: offline, unknown, disk, damaged, hub
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import sys
import threading
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")
WRITE_BYTES = 1 << 17  # the hub's client writes every 10 MB: on a slow line that looks like a standstill
HASH_BYTES = 1 << 24
REQUEST_TIMEOUT_S = 10  # the hub client's own


def main(repository: str, folder: Path) -> None:
    """Fetch the newest revision of a repository into a folder, and check every file."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["HF_HUB_DISABLE_XET"] = (
        "1"  # plain HTTP: it goes on with half a file, and its bytes can be counted
    )
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        _fetch(repository, folder)
    except Exception as error:  # every failure has to reach the parent as words
        _say({"error": _kind(error), "text": f"{type(error).__name__}: {error}".splitlines()[0]})


def _fetch(repository: str, folder: Path) -> None:
    import huggingface_hub.constants
    from huggingface_hub import HfApi, hf_hub_url
    from huggingface_hub.file_download import http_get

    huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE = WRITE_BYTES
    _say({"asks": repository})
    info = HfApi(token=False).model_info(repository, files_metadata=True, timeout=REQUEST_TIMEOUT_S)
    wanted = [file for file in info.siblings or [] if any(fnmatch(file.rfilename, name) for name in FILES)]
    _say({"files": {file.rfilename: file.size or 0 for file in wanted}})
    # Not snapshot_download: it begins a file again from its first byte when an earlier process was killed in it.
    for file in wanted:
        path = folder / file.rfilename
        if not (path.exists() and _is_as_sent(path, file)):
            part = folder / f"{file.rfilename}.{str(file.blob_id)[:12]}.part"  # of these very contents
            with part.open("ab", buffering=0) as stream:
                http_get(
                    hf_hub_url(repository, file.rfilename, revision=info.sha),
                    stream,
                    resume_size=part.stat().st_size,
                    headers={"Accept-Encoding": "identity"},  # nobody's token; bytes that can be counted
                    expected_size=file.size,
                )
            if not _is_as_sent(part, file):
                part.unlink()  # the next pull fetches it anew
                raise DamagedFile(f"{file.rfilename} did not arrive as it was sent")
            part.rename(path)
        _say({"checked": file.rfilename})


def _is_as_sent(path: Path, file: Any) -> bool:
    """Has the file the contents that the hub announced? Large ones are known by SHA-256, others by git's blob hash."""
    if path.stat().st_size != file.size:
        return False
    if file.lfs is not None:
        return _digest(path, hashlib.sha256()) == str(file.lfs.sha256)
    return _digest(path, hashlib.sha1(b"blob %d\0" % file.size)) == str(file.blob_id)


class DamagedFile(Exception):
    pass


def _digest(path: Path, digest: Any) -> str:
    with path.open("rb") as file:
        while piece := file.read(HASH_BYTES):
            digest.update(piece)
            _say({"checking": path.name})  # a sign of life
    return str(digest.hexdigest())


def _kind(error: BaseException) -> str:
    """Sort an error, looking through to what caused it."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled, RepositoryNotFoundError

    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RepositoryNotFoundError):
            return "unknown"
        if isinstance(cause, OfflineModeIsEnabled | httpx2.TransportError):
            return "offline"
        if isinstance(cause, HfHubHTTPError):
            return "hub"
        if isinstance(cause, DamagedFile):
            return "damaged"
        if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return "disk"
        cause = cause.__cause__ or cause.__context__
    return "hub"


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    """The parent holds our stdin open; when it dies, so do we, in whatever read we are."""
    with contextlib.suppress(OSError):
        os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
