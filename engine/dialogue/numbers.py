"""Running text as words, and the number, weekday and month words among them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from text_to_num import text2num

from engine.languages import Language, load
from engine.languages.words import month_names, say_count, say_number, say_ordinal, weekday_names

LONGEST_SPELLED = 3  # words of a number below a hundred: "treinta y uno"
SHORTEST_SLIP = 5  # letters; below, one wrong letter makes another word
_CLOCK = re.compile(r"\b(\d{1,2})[:.hu](\d{2})\b")  # "19:30", "19.30", "19h30", "19u30"
_FOUR_FIGURES = re.compile(  # "1930 uur", "at 1930"; a street's number has a name behind it
    r"\b([01]\d|2[0-3])([0-5][05])(?=\s*(?:[Uu]hr|uur|hours|horas|hrs|h)\b)"
    r"|\b(?:(?<=\bat )|(?<=\bby )|(?<=\bfor )|(?<=\baround )|(?<=\boffer )|(?<=\byou )|(?<=\bum )|(?<=\bab )"
    r"|(?<=\bgegen )|(?<=\bom )|(?<=\brond )|(?<=\blas ))([01]\d|2[0-3])([0-5][05])\b"
    r"(?!\s*[\d-]|\s+[A-Z0-9]|(?: \w+){1,3} (?:street|st|road|rd|avenue|ave|drive|lane|way|blvd|boulevard)\b)"
)
_DAY_AND_MONTH = re.compile(  # "4.12.", unless "um" says that it is a time before a full stop
    r"(?<!um )(?<!ab )(?<!bis )(?<!gegen )(?<!om )(?<!at )(?<!las )"
    r"\b(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(?=\s|,|$|\d{4})"
)
_SLASHED = re.compile(r"\b(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])(?:/(?:20)?\d\d)?\b")
_ISO_DATE = re.compile(r"\b20\d\d-(\d\d)-(\d\d)\b")
_DECIMAL = re.compile(r"\b(\d)[.,](\d)\b(?![.:]?\d)")
_GLUED = re.compile(r"(\d)([ap])\.?m\b\.?")
_ORDINAL_DIGITS = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|te|ten|ter|e|de|º)$")
_NO_WORD = re.compile(r"[^\w\s:]|_")


def fold(text: str) -> str:
    """Without accents: recognisers and people drop them."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFD", text.replace("ß", "ss"))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def tokens(text: str, day_first: bool = True) -> list[str]:
    """Lower-case words; "19:30" becomes "clock 19 30", "4.12." and "4/12" become "4 month12", "4.5" "4 point 5".

    day_first: is a date written so, and with full stops? In English neither can be told from other numbers.
    """
    text = _FOUR_FIGURES.sub(_with_colon, text)
    text = _GLUED.sub(r"\1 \2m", text.lower().replace("p.m.", "pm").replace("a.m.", "am"))
    text = _ISO_DATE.sub(r" \2 month\1 ", text)
    if day_first:
        text = _SLASHED.sub(r" \1 month\2 ", _DAY_AND_MONTH.sub(r" \1 month\2 ", text))
    text = _DECIMAL.sub(r" \1 point \2 ", text)
    text = _CLOCK.sub(r" clock \1 \2 ", text)
    text = text.replace("'", "").replace("’", "").replace(":", " ")
    return _NO_WORD.sub(" ", text).split()


def _with_colon(match: re.Match[str]) -> str:
    hour, minute = match[1] or match[3], match[2] or match[4]
    return f"{hour}:{minute}"


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
            for ending in language.hear.weekday_endings:
                self._known[fold(name.lower() + ending)] = f"d:{index}"
        for name, index in language.hear.extra_weekdays.items():
            self._known[fold(name)] = f"d:{index}"
        for index, name in enumerate(month_names(code), 1):
            self._known[fold(name.lower())] = f"m:{index}"
            self._known[f"month{index}"] = self._known[f"month{index:02d}"] = f"m:{index}"
        self._vocabulary = _vocabulary(language)
        self._slips = _slips(self._known)

    def read(self, text: str) -> tuple[list[str], list[str]]:
        """The words as said, and what each could be; several words of one number become one."""
        words = tokens(text, day_first=self._code != "en")
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
        if first.endswith("00"):
            return self._hundreds(words, index, first)
        if words[index + 1 : index + 2] and self._meaning(words[index + 1]) == "n:100":
            hundreds = _spelled(" ".join(words[index : index + 2]), self._code)
            return (2, f"n:{hundreds}") if hundreds else (1, first)
        for length in range(LONGEST_SPELLED, 1, -1):
            stretch = " ".join(words[index : index + length])
            if stretch.count(" ") == length - 1:
                meaning = self._known.get(fold(stretch))
                if meaning is not None:
                    return length, meaning
        return 1, first

    def _hundreds(self, words: list[str], index: int, first: str) -> tuple[int, str]:
        """One number of several words: "seiscientos doce", as telephone numbers are said in groups."""
        for length in range(LONGEST_SPELLED + 1, 1, -1):
            stretch = words[index : index + length]
            if len(stretch) == length and not any(word.isdecimal() for word in stretch):
                number = _spelled(" ".join(stretch), self._code)
                if number is not None and number // 100 == int(first[2:]) // 100:
                    return length, f"n:{number}"
        return 1, first

    def _meaning(self, word: str) -> str | None:
        folded = fold(word)
        if word.isdecimal():  # "²" is a digit, but no number
            return f"n:{word}"  # a nought before it belongs to a telephone number
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
