"""Makes an environment small and quick to start: `APP/bin/python deploy/slim.py APP`, in the image's build.

Takes away what no call needs (tests, headers, converters, a second copy of a library), strips symbols, and compiles
what an engine imports, since a container cannot write byte code.
"""

from __future__ import annotations

import importlib
import pkgutil
import py_compile
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

SPEAKS = ("en", "de", "es", "nl")  # whose dictionaries espeak-ng keeps
NOT_NEEDED = (
    "onnxruntime/capi/libonnxruntime.so*",  # the module for Python has the library inside
    "onnxruntime/tools",
    "onnxruntime/transformers",
    "onnxruntime/quantization",
    "onnxruntime/datasets",
    "ctranslate2/converters",
    "ctranslate2/specs",
    "hf_xet*",
    "openai/cli",
    "numpy/f2py",
    "numpy/_core/include",
    "silero_vad/data/*.jit",
    "silero_vad/data/*.safetensors",
    "silero_vad/data/*half*",
    "silero_vad/data/*ifless*",
    "silero_vad/data/*16k*",
    "phonenumbers/geodata",
    "phonenumbers/carrierdata",
    "**/tests",
    "**/*.pyi",
    "**/*.pxd",
    "**/*.pyx",
    "**/*.h",
    "**/*.a",
)
WHAT_RUNS = (  # imported late, by somebody
    "av", "babel.dates", "babel.numbers", "baresip", "cryptography.hazmat.primitives.asymmetric.rsa",
    "faster_whisper", "google.cloud.texttospeech", "google.cloud.texttospeech_v1", "grpc.aio", "httpx",
    "numpy.fft", "numpy.random", "onnxruntime", "openai", "openai.resources.chat.completions", "phonenumbers",
    "phonenumbers.timezone", "qdrant_client", "qdrant_client.http", "qdrant_client.local.qdrant_local", "soxr",
    "text_to_num", "unicode_rbnf", "yaml", "zmq.asyncio", "zmq.auth.asyncio", "zmq.utils.monitor",
)  # fmt: skip
OURS = ("engine",)
OF_EXTRAS = (
    "coqui_child",
    "piper_child",
    "pictures",
    "recording",
)  # programs, or of packages that are not in here


def main(app: Path) -> None:
    packages = next(app.glob("lib/python3*/site-packages"))
    take_away(packages)
    strip(packages)
    modules = imported()  # which also proves that what is left can be loaded
    for module in modules:
        py_compile.compile(
            str(module), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    sys.stderr.write(f"{len(modules)} modules compiled, {size_mb(app):.0f} MB\n")


def take_away(packages: Path) -> None:
    for pattern in NOT_NEEDED:
        for path in sorted(packages.glob(pattern)):
            remove(path)
    for data in packages.glob("espeakng_loader/espeak-ng-data/*_dict"):
        if data.name.removesuffix("_dict") not in SPEAKS:
            remove(data)
    for data in packages.glob("babel/locale-data/*.dat"):
        if data.name.partition("_")[0].removesuffix(".dat") not in (*SPEAKS, "root"):
            remove(data)
    for cache in packages.rglob("__pycache__"):
        remove(cache)


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def strip(packages: Path) -> None:
    """Not what lies in *.libs: stripping that breaks the page alignment of numpy's OpenBLAS."""
    for library in packages.rglob("*.so*"):
        if library.is_file() and not library.parent.name.endswith(".libs") and is_elf(library):
            subprocess.run(["strip", "--strip-unneeded", library], check=True)


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def imported() -> list[Path]:
    """Import all of ours and what it imports late; the sources of everything that came with it, below /app."""
    for package in OURS:
        for name in names_in(package):
            importlib.import_module(name)
    for name in WHAT_RUNS:
        importlib.import_module(name)
    sources = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return sorted({Path(each) for each in sources if each and each.endswith(".py") and sys.prefix in each})


def names_in(package: str) -> Iterable[str]:
    yield package
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if not found.name.endswith("__main__") and found.name.rpartition(".")[2] not in OF_EXTRAS:
            yield found.name


def size_mb(folder: Path) -> float:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) / 1e6


if __name__ == "__main__":
    main(Path(sys.argv[1]))
