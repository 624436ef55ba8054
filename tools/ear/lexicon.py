"""The words an ear was trained on, in its folder: whoever writes a scenario can be told which it cannot know.

`python -m tools.ear.lexicon FOLDER` writes the words that a training would bring, and which follow which, without the
training.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.protocol import LANGUAGES, LanguageCode
from engine.recognizers.lexicon import FILE, words_of
from tools.ear import bigrams
from tools.ear.grammar import PRICES, grammar
from tools.ear.mixture import every_word


def known(language: LanguageCode) -> list[str]:
    """All words of training sentences, sorted: lists, patterns, the project, and numbers up to the highest price."""
    numbers = (grammar(language).number(value) for value in range(PRICES[1] + 1))
    return sorted({part for text in (*every_word(language), *numbers) for part in words_of(text)})


def write(folder: Path) -> None:
    """words.json: the words of each language."""
    found = {code: known(code) for code in LANGUAGES}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(json.dumps(found, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
    bigrams.write(Path(sys.argv[1]))
