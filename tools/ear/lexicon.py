"""The words an ear was trained on, in its folder: whoever writes a scenario can be told which it cannot know."""

from __future__ import annotations

import json
from pathlib import Path

from engine.protocol import LANGUAGES
from tools.ear.mixture import every_word
from tools.ear.written import words_of


def write(folder: Path) -> None:
    """words.json: the words of each language, sorted."""
    found = {
        code: sorted({part for word in every_word(code) for part in words_of(word)}) for code in LANGUAGES
    }
    (folder / "words.json").write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")
