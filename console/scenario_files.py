"""The scenarios that can be dialled: their names and files."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "scenarios"


def scenario_files(folder: Path = FOLDER) -> dict[str, str]:
    """Name (`en/accepts`) to file, in the order of language and name."""
    return {f"{path.parent.name}/{path.stem}": str(path) for path in sorted(folder.glob("*/*.yaml"))}
