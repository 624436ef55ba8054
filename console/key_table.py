"""The keys as a table for the README, out of the table of actions: `python console/key_table.py` writes it there."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # `python console/key_table.py` starts in console/

from console.actions import ACTIONS, GROUPS, SELECT_HELP  # noqa: E402

BEGIN, END = "<!-- keys: written by `make pictures` from console/actions.py -->", "<!-- end of keys -->"


def markdown() -> str:
    """Key, what it does, and its name for `console.keys` in the settings."""
    lines = ["| key | what it does | name in `console.keys` |", "|---|---|---|"]
    for group, title in GROUPS.items():
        lines.append(f"| | **{title}** | |")
        if group == "look":
            lines.append(f"| `{SELECT_HELP[0]}` | {SELECT_HELP[1]} | |")
        for entry in ACTIONS:
            if entry.group == group:
                keys = " ".join(f"`{key}`" for key in entry.shown.split())
                lines.append(f"| {keys} | {entry.help} | `{entry.id}` |")
    return "\n".join(lines)


def with_keys(text: str) -> str:
    """A page with the table as it is now between the marks. Raises ValueError where they are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{markdown()}\n\n{END}{after}"


def main() -> int:
    """Write it."""
    readme = ROOT / "README.md"
    readme.write_text(with_keys(readme.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
