"""A recorded call as a row of a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Recording:
    """One journal, as a row. `problem`: why it cannot be read."""

    folder: Path
    began: datetime | None = None  # local time
    restaurant: str = ""
    language: str = ""
    line: str = ""
    scenario: str = ""
    outcome: str = ""  # "" = it goes on, or its engine was ended in the middle of it
    seconds: float | None = None
    sound: bool = False
    marks: int | None = None  # None = not counted
    problem: str = ""

    @property
    def words(self) -> str:
        """What a filter is compared with."""
        when = f"{self.began:%Y-%m-%d %H:%M}" if self.began else ""
        parts = (when, self.restaurant, self.language, self.line, self.scenario, self.outcome, self.problem)
        marked = "marked" if self.marks else ""
        return " ".join((*parts, marked, self.folder.name)).replace("_", " ").casefold()
