"""What the ear is trained on: how many sentences of which kind.

Whole sentences teach the patterns; words and fragments in random order keep the decoder from guessing the next word
instead of listening to it. Most of the errors in sentences never seen come from such guessing.
"""

from __future__ import annotations

from functools import cache
from random import Random

from engine.protocol import LanguageCode
from engine.recognizers.lexicon import words_of
from tools.ear import project_text
from tools.ear.grammar import SLOT, Grammar, grammar

SHARES = (("pattern", 34), ("project", 22), ("fragments", 20), ("words", 11), ("figures", 8), ("names", 5))
WORDS_AT_MOST = 14  # the window is 8 s
COMMON_SHARE = 0.6  # of single words are words of patterns and of the project: they will be heard most
SPOKEN_PAUSES = 0.12  # of the borders between fragments get a comma, which espeak speaks as a pause
QUESTION_SHARE, STOP_SHARE = 0.3, 0.3


def sentence(language: LanguageCode, random: Random) -> str:
    """A training sentence, with the punctuation that espeak's melody follows."""
    kinds, weights = zip(*SHARES, strict=True)
    kind = random.choices(kinds, weights)[0]
    text = _MAKERS[kind](grammar(language), random)
    if kind in ("pattern", "fragments", "words"):
        end = random.random()
        text += "?" if end < QUESTION_SHARE else "." if end < QUESTION_SHARE + STOP_SHARE else ""
    return text


def whole_sentence(language: LanguageCode, random: Random) -> str:
    """A training sentence that somebody may say: after a pattern, or one of the project."""
    (pattern, first), (project, second) = SHARES[:2]
    kind = random.choices((pattern, project), (first, second))[0]
    return _MAKERS[kind](grammar(language), random)


def held_out(language: LanguageCode, random: Random) -> str:
    """A sentence after a pattern that is in no training sentence."""
    known = grammar(language)
    return known.filled(random.choice(known.held_out), random)


def known_pattern(language: LanguageCode, random: Random) -> str:
    """A sentence after a pattern of the training, with values of its own."""
    known = grammar(language)
    return known.filled(random.choice(known.patterns), random)


@cache
def every_word(language: LanguageCode) -> tuple[str, ...]:
    """All words that training sentences of this language are made of."""
    of_project = [project_text.SLOT.sub(" ", text) for text in project_text.sentences(language)]
    found = set(grammar(language).lexicon())
    for text in (*of_project, *project_text.names(language)):
        found.update(words_of(text))
    return tuple(sorted(found))


@cache
def common_words(language: LanguageCode) -> tuple[str, ...]:
    """Those of sentences, held-out ones included; the others are in the word lists alone."""
    known = grammar(language)
    texts = [SLOT.sub(" ", text) for text in (*known.patterns, *known.held_out)]
    texts += [project_text.SLOT.sub(" ", text) for text in project_text.sentences(language)]
    texts += project_text.names(language)
    return tuple(sorted({word for text in texts for word in words_of(text)}))


def _word(language: LanguageCode, random: Random) -> str:
    return random.choice((common_words if random.random() < COMMON_SHARE else every_word)(language))


def _pattern(known: Grammar, random: Random) -> str:
    return known.filled(random.choice(known.patterns), random)


def _project(known: Grammar, random: Random) -> str:
    return project_text.filled(random.choice(project_text.sentences(known.language)), known, random)


def _fragments(known: Grammar, random: Random) -> str:
    """Pieces of sentences and single words, glued together."""
    glued: list[str] = []
    for _ in range(random.randint(2, 4)):
        if random.random() < 0.35:
            piece = [_word(known.language, random) for _ in range(random.randint(1, 3))]
        else:
            whole = words_of((_project if random.random() < 0.3 else _pattern)(known, random))
            length = random.randint(1, min(5, max(1, len(whole))))
            first = random.randint(0, max(0, len(whole) - length))
            piece = whole[first : first + length]
        if glued and piece and random.random() < SPOKEN_PAUSES:
            glued[-1] += ","
        glued += piece
    return " ".join(glued[:WORDS_AT_MOST])


def _words(known: Grammar, random: Random) -> str:
    return " ".join(
        _word(known.language, random) if random.random() < 0.85 else known.number(random.randint(0, 99))
        for _ in range(random.randint(1, 7))
    )


def _figures(known: Grammar, random: Random) -> str:
    """Digits, letters, times and dates, with little around them."""
    slot = random.choice(("digits", "letters", "spelled", "time", "date", "time", "date", "n"))
    value = known.filled(f"{{{slot}}}", random)
    around = _word(known.language, random) if random.random() < 0.4 else ""
    return f"{around} {value}".strip() if random.random() < 0.5 else f"{value} {around}".strip()


def _names(known: Grammar, random: Random) -> str:
    names = known.names()
    return " ".join(random.choice(names) for _ in range(random.randint(1, 3)))


_MAKERS = {
    "pattern": _pattern,
    "project": _project,
    "fragments": _fragments,
    "words": _words,
    "figures": _figures,
    "names": _names,
}
