"""The patterns of a language file, compiled; and its number words, found in running text."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import NamedTuple

from text_to_num import text2num

from engine.languages import Language, TimePattern, load
from engine.languages.words import month_names, say_count, say_number, say_ordinal, weekday_names

MACROS = {
    "{h}": r"(?P<h>[nw]:\d{1,2})",
    "{s}": r"(?P<h>n:\d{1,2})",
    "{m}": r"(?P<m>n:\d{1,2})",
    "{m5}": r"(?P<m>n:(?:5|10|20|25))",
    "{m10}": r"(?P<m>n:[1-5]\d)",
    "{n}": r"(?P<n>n:\d{1,2})",
    "{p}": r"(?P<n>[nw]:\d{1,2})",
    "{o}": r"(?P<o>o:\d+)",
    "{d}": r"(?P<d>n:\d+)",
    "{w}": r"(?P<w>d:\d)",
    "{mo}": r"(?P<mo>m:\d+)",
}
LONGEST_SPELLED = 3  # words of a number below a hundred: "treinta y uno"
SHORTEST_SLIP = 5  # letters; below, one wrong letter makes another word
_CLOCK = re.compile(r"\b(\d{1,2})[:.h](\d{2})\b")
_DAY_AND_MONTH = re.compile(  # "4.12.", unless "um" says that it is a time before a full stop
    r"(?<!um )(?<!ab )(?<!bis )(?<!gegen )(?<!om )(?<!at )(?<!las )"
    r"\b(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(?=\s|,|$|\d{4})"
)
_GLUED = re.compile(r"(\d)([ap])\.?m\b\.?")
_ORDINAL_DIGITS = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|te|ten|ter|e|de|º)$")
_NO_WORD = re.compile(r"[^\w\s:]|_")


_CLOCK_TIME = TimePattern("clock {h} (?P<m>n:[0-5]?[0-9])(?: uhr| uur| oclock)?")


class TimeWording(NamedTuple):
    pattern: re.Pattern[str]
    minute: int
    sign: int


class Patterns(NamedTuple):
    """A language's `hear` table, compiled."""

    times: tuple[TimeWording, ...]
    loose_times: tuple[re.Pattern[str], ...]
    relative: tuple[tuple[re.Pattern[str], int], ...]
    dates: tuple[re.Pattern[str], ...]
    party: tuple[re.Pattern[str], ...]
    loose_party: tuple[re.Pattern[str], ...]
    party_limit: tuple[re.Pattern[str], ...]
    asides: tuple[re.Pattern[str], ...]
    name_cue: re.Pattern[str]
    name_stops: frozenset[str]
    digits: tuple[re.Pattern[str], ...]
    intents: tuple[tuple[str, re.Pattern[str]], ...]
    yes: re.Pattern[str]
    no: re.Pattern[str]
    neither: re.Pattern[str]


def fold(text: str) -> str:
    """Without accents: recognisers and people drop them."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text.replace("ß", "ss"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def tokens(text: str) -> list[str]:
    """Lower-case words; "19:30" becomes "clock 19 30", "4.12." becomes "4 month12"."""
    text = _GLUED.sub(r"\1 \2m", text.lower().replace("p.m.", "pm").replace("a.m.", "am"))
    text = _DAY_AND_MONTH.sub(r" \1 month\2 ", text)
    text = _CLOCK.sub(r" clock \1 \2 ", text)
    text = text.replace("'", "").replace("’", "").replace(":", " ")
    return _NO_WORD.sub(" ", text).split()


@cache
def patterns_of(code: str) -> Patterns:
    """The compiled patterns of the language with this code."""
    hear = load(code).hear
    morning, evening = "|".join(hear.morning), "|".join(hear.evening)
    day_part = rf"(?:(?: (?P<am>{morning}))|(?: (?P<pm>{evening})))?"
    return Patterns(
        times=tuple(
            TimeWording(_whole(time.like + day_part), time.minute, time.sign)
            for time in (*hear.times, _CLOCK_TIME)
        ),
        loose_times=tuple(_whole(like + day_part) for like in hear.loose_times),
        relative=tuple((_whole(day.like), day.days) for day in hear.relative),
        dates=tuple(_whole(like) for like in hear.dates),
        party=tuple(_whole(like) for like in hear.party),
        loose_party=tuple(_whole(like) for like in hear.loose_party),
        party_limit=tuple(_whole(like) for like in hear.party_limit),
        asides=tuple(_whole(like) for like in hear.asides),
        name_cue=_any(tuple(sorted(hear.name_cues, key=len, reverse=True))),
        name_stops=frozenset(fold(word) for word in hear.name_stops),
        digits=(
            _whole(rf"(?:{'|'.join(hear.number_cues)}) (?P<x>[nw]:\d+(?: [nw]:\d+)+)"),
            _whole(r"(?P<x>n:\d(?: [nw]:\d){3,})"),
            _whole(r"(?P<x>n:\d{5,}|n:\d{2,}(?: n:\d{2,}){2,})"),
        ),
        intents=tuple((intent, _any(likes)) for intent, likes in hear.intents.items()),
        yes=_any(hear.yes),
        no=_any(hear.no),
        neither=_any(hear.neither),
    )


def cues(text: str, code: str, *intents: str) -> int:
    """How many wordings of these intents stand in `text`; values are not read out of it."""
    return _cues(text, code, intents)[0]


def words_beside(text: str, code: str, *intents: str) -> int:
    """How many words of `text` belong to no wording of these intents."""
    return _cues(text, code, intents)[1]


def _cues(text: str, code: str, intents: tuple[str, ...]) -> tuple[int, int]:
    found, plain = 0, fold(" ".join(tokens(text)))
    for intent, pattern in patterns_of(code).intents:
        if intent in intents:
            plain, times = pattern.subn(" ", plain)
            found += times
    return found, len(plain.split())


def _whole(like: str) -> re.Pattern[str]:
    folded = fold(like.replace("'", ""))
    for macro, expression in MACROS.items():
        folded = folded.replace(macro, expression)
    return re.compile(rf"(?<!\S)(?:{folded})(?!\S)")


def _any(likes: tuple[str, ...]) -> re.Pattern[str]:
    return _whole("|".join(likes))


class NumberWords:
    """Number, weekday and month words of one language, as they stand in running text."""

    def __init__(self, language: Language) -> None:
        code = language.code
        self._code = code
        self._weak = {fold(word) if code != "nl" else word for word in language.hear.weak_one}
        self._known: dict[str, str] = {}
        for day in range(1, 32):
            word = fold(say_ordinal(day, code).lower())
            self._known[word] = f"o:{day}"
            for ending in language.hear.ordinal_endings:
                self._known[word.removesuffix(ending)] = f"o:{day}"
        for word, day in language.hear.extra_ordinals.items():
            self._known[fold(word)] = f"o:{day}"
        for number in range(100):  # cardinals win where a language counts its days with them
            self._known[fold(say_number(number, code))] = f"n:{number}"
            if number > 1:  # one beside people is the article
                self._known.setdefault(fold(say_count(number, language)), f"n:{number}")
        for word, number in language.hear.extra_numbers.items():
            self._known[fold(word)] = f"n:{number}"
        for index, name in enumerate(weekday_names(code)):
            self._known[fold(name.lower())] = f"d:{index}"
        for index, name in enumerate(month_names(code), 1):
            self._known[fold(name.lower())] = f"m:{index}"
            self._known[f"month{index}"] = self._known[f"month{index:02d}"] = f"m:{index}"
        self._vocabulary = _vocabulary(language)
        self._slips = _slips(self._known)

    def read(self, text: str) -> tuple[list[str], list[str]]:
        """The words as said, and what each could be; several words of one number become one."""
        words = tokens(text)
        said: list[str] = []
        canonical: list[str] = []
        index = 0
        while index < len(words):
            length, meaning = self._longest(words, index)
            said.append(" ".join(words[index : index + length]))
            canonical.append(meaning)
            index += length
        return said, canonical

    def is_value(self, word: str) -> bool:
        """Is this exactly a number, weekday or month, and no slip of one?"""
        return word in self._weak or fold(word) in self._known or word.isdecimal()

    def _longest(self, words: list[str], index: int) -> tuple[int, str]:
        word = words[index]
        if word in self._weak:
            return 1, "w:1"
        first = self._meaning(word)
        if first is None:
            return 1, fold(word)
        if first[:2] != "n:" or first == "n:0" or word.isdecimal():
            return 1, first
        for length in range(LONGEST_SPELLED, 1, -1):
            stretch = " ".join(words[index : index + length])
            if stretch.count(" ") == length - 1:
                meaning = self._known.get(fold(stretch))
                if meaning is not None:
                    return length, meaning
        return 1, first

    def _meaning(self, word: str) -> str | None:
        folded = fold(word)
        if word.isdecimal():  # "²" is a digit, but no number
            return f"n:{int(word)}" if len(word) < 3 else f"n:{word}"
        meaning = self._known.get(folded)
        if meaning is not None:
            return meaning
        ordinal = _ORDINAL_DIGITS.match(folded)
        if ordinal:
            return f"o:{int(ordinal.group(1))}"
        if folded in self._vocabulary or len(folded) < 2:
            return None
        number = _spelled(word, self._code)
        if number is not None:
            return f"n:{number}"
        if len(folded) >= SHORTEST_SLIP:
            for candidate in (folded, *_without_one_letter(folded)):
                if candidate in self._slips:
                    return self._slips[candidate]
        return None


@cache
def numbers_of(code: str) -> NumberWords:
    """The number words of the language with this code."""
    return NumberWords(load(code))


@lru_cache(maxsize=4096)
def _spelled(word: str, code: str) -> int | None:
    try:
        return int(text2num(word, code))
    except ValueError:
        return None


def _without_one_letter(word: str) -> list[str]:
    return [word[:index] + word[index + 1 :] for index in range(len(word))]


def _slips(known: dict[str, str]) -> dict[str, str]:
    """Known words with one letter missing; what two words share belongs to neither."""
    slips: dict[str, str] = {}
    doubtful: set[str] = set()
    for word, meaning in known.items():
        if len(word) < SHORTEST_SLIP or " " in word:
            continue
        for slip in {word, *_without_one_letter(word)}:
            if slips.setdefault(slip, meaning) != meaning:
                doubtful.add(slip)
    return {slip: meaning for slip, meaning in slips.items() if slip not in doubtful}


def _vocabulary(language: Language) -> frozenset[str]:
    """Every word of the language's patterns: none of them is a slip of a number."""
    hear = language.hear
    texts = [*hear.name_stops, *hear.yes, *hear.no, *hear.incomplete]
    texts += [like for likes in hear.intents.values() for like in likes]
    return frozenset(re.findall(r"[a-z]+", fold(" ".join(texts))))
