"""Counts which word follows which in sentences as they are said; see engine/recognizers/bigrams.py."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from random import Random

from engine.protocol import LANGUAGES, LanguageCode
from engine.recognizers.bigrams import BORDER, FILE
from engine.recognizers.lexicon import words_of
from tools.ear import mixture

SENTENCES, SEED = 30_000, "bigrams"
AT_LEAST = 2  # a pair that was met once is chance: two names, two figures


def counted(language: LanguageCode, sentences: int = SENTENCES) -> dict[str, dict[str, int]]:
    """For each word the words after it, and how often; of whole sentences, the held-out patterns are not among them."""
    random = Random(f"{SEED}/{language}")
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for _ in range(sentences):
        words = [BORDER, *words_of(mixture.whole_sentence(language, random)), BORDER]
        for before, word in pairwise(words):
            found[before][word] += 1
    often = {
        before: {word: count for word, count in sorted(after.items()) if count >= AT_LEAST}
        for before, after in sorted(found.items())
    }
    return {before: after for before, after in often.items() if after}


def write(folder: Path) -> None:
    """bigrams.json: the counts of each language."""
    found = {code: counted(code) for code in LANGUAGES}
    text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
