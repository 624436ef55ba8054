"""How large the image is, as a disk has it and as a network carries it.

    python benchmarks/image.py [--json] [--image localhost/call-thing] [--tool podman]

size_mb         of all its layers, unpacked, as podman or docker count it; MB are millions of bytes
compressed_mb   the same layers in one archive, by gzip -6, which is what registries keep

Build it first: make image. It holds no speech model: a Whisper "small" is 250 MB more, in the state directory.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import IO, Any

sys.path.insert(0, str(Path(__file__).parents[1]))

BLOCK = 1 << 20


def tool_here() -> str:
    """Podman or Docker; exits with words where neither is here."""
    for name in ("podman", "docker"):
        if shutil.which(name):
            return name
    sys.exit("Neither podman nor docker is here. Debian, Ubuntu: sudo apt-get install podman")


def size_mb(tool: str, image: str) -> float:
    asked = [tool, "image", "inspect", "--format", "{{.Size}}", image]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{image}: {done.stderr.strip().splitlines()[-1]} Build it: make image")
    return int(done.stdout) / 1e6


def compressed_mb(tool: str, image: str) -> float:
    saving = subprocess.Popen([tool, "save", image], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert saving.stdout is not None
    size = compressed_bytes(saving.stdout)
    if saving.wait():
        sys.exit(f"{tool} save {image} ended with {saving.returncode}.")
    return size / 1e6


def compressed_bytes(source: IO[bytes]) -> int:
    packer, size = zlib.compressobj(6, zlib.DEFLATED, 31), 0
    while block := source.read(BLOCK):
        size += len(packer.compress(block))
    return size + len(packer.flush())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--image", default="localhost/call-thing")
    parser.add_argument("--tool", default="")
    chosen = parser.parse_args()
    tool = chosen.tool or tool_here()
    figures: dict[str, Any] = {
        "image": chosen.image,
        "size_mb": round(size_mb(tool, chosen.image), 1),
        "compressed_mb": round(compressed_mb(tool, chosen.image), 1),
    }
    if chosen.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:14} {value}")


if __name__ == "__main__":
    main()
