"""Which language does the far end speak, and when do we follow it? Pure.

One turn is evidence for a language when it is long enough, the recogniser hears that language in it, and its words are
that language's. Anything else (a name, "ciao", "okay", a bad line) says nothing. Then:

- nobody has been heard clearly so far, and a turn is long and sure: we follow at once;
- otherwise two clear turns with no clear one of the call's language between them;
- after two switches one more turn is asked for with each further one: a bilingual house is not followed for ever;
- what an operator has forced is spoken, whatever is heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from engine.languages.known_words import known_words, words_in
from engine.protocol import LANGUAGES, LanguageCode

CLEAR_MS = 800  # a shorter turn decides nothing: greetings and thanks travel between languages
CLEAR_WORDS = 3
CLEAR_PROBABILITY = 0.6
CLEAR_KNOWN = 0.4  # of its words; the rest are names, and what the word lists lack
KNOWN_OF_SURE_SOUND = 0.25  # … of a long turn that sounds very much like its language
SURE_SOUND = 0.9
CLEAR_AHEAD = 2  # words that one language knows and the other does not, less those the other way round
SURE_MS, SURE_WORDS = 1800, 6
SURE_PROBABILITY = 0.8
SURE_KNOWN = 0.5
SURE_AHEAD = 4
TURNS = 2  # clear ones, to follow
FREE_SWITCHES = 2  # after these each further one asks for one turn more
NAMES: dict[LanguageCode, str] = {"en": "English", "de": "German", "es": "Spanish", "nl": "Dutch"}
COUNT_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}

Weight = Literal["nothing", "clear", "sure"]


class HeardIn(msgspec.Struct, frozen=True, kw_only=True):
    """What one turn tells of its language."""

    turn: int
    length_ms: int
    text: str
    language: LanguageCode  # that the text was recognised in
    probability: (
        float  # that it is spoken, 0..1; of a recogniser that was not asked, its confidence in the words
    )


class CallLanguage(msgspec.Struct, frozen=True, array_like=True):
    """What is spoken in a call, and what it leans to. msgpack of it is part of a checkpoint."""

    language: LanguageCode
    forced: bool = False
    agreed: int = 0  # clear turns in it
    leaning: LanguageCode | None = None  # another one that was heard since
    turns: int = 0  # clear ones in a row in that other one
    switches: int = 0
    judged: int = 0  # the last turn that was clear, or in which the language changed


def prepare() -> None:
    """Read the words of all languages: half a second, which no turn must pay."""
    for code in LANGUAGES:
        known_words(code)


def weight_of(heard: HeardIn, spoken: LanguageCode) -> Weight:
    """What a turn weighs as evidence that its language is spoken, in a call that is held in `spoken`."""
    if heard.length_ms < CLEAR_MS or heard.probability < CLEAR_PROBABILITY:
        return "nothing"
    sounds = heard.probability >= SURE_SOUND and heard.length_ms >= SURE_MS
    if not fits(heard.text, heard.language, spoken, KNOWN_OF_SURE_SOUND if sounds else CLEAR_KNOWN):
        return "nothing"
    words = words_in(heard.text)
    known, ahead = _measured(words, heard.language, spoken)
    long = heard.length_ms >= SURE_MS and len(words) >= SURE_WORDS
    if long and heard.probability >= SURE_PROBABILITY and known >= SURE_KNOWN and ahead >= SURE_AHEAD:
        return "sure"
    return "clear"


def fits(text: str, language: LanguageCode, spoken: LanguageCode, share: float = CLEAR_KNOWN) -> bool:
    """Are these words of that language, and clearly not of the others? In a call that is held in `spoken`.

    share: of the words, which the language has to know.
    """
    words = words_in(text)
    if len(words) < CLEAR_WORDS:
        return False
    known, ahead = _measured(words, language, spoken)
    return known >= share and ahead >= (1 if language == spoken else CLEAR_AHEAD)


def _measured(words: tuple[str, ...], language: LanguageCode, spoken: LanguageCode) -> tuple[float, int]:
    """The share of words that the language knows, and how many more than another they could be of."""
    own = known_words(language)
    others = [code for code in (LANGUAGES if language == spoken else (spoken,)) if code != language]
    return sum(word in own for word in words) / len(words), min(_ahead(words, own, code) for code in others)


def follow(spoken: CallLanguage, heard: HeardIn) -> tuple[CallLanguage, str]:
    """The state after one turn, and why the language changes with it; "" = it does not.

    A turn may be judged again with more of its words: begin with the same state as before.
    """
    if spoken.forced or heard.turn <= spoken.judged:
        return spoken, ""
    weight = weight_of(heard, spoken.language)
    if weight == "nothing":
        return spoken, ""
    if heard.language == spoken.language:
        agreed = CallLanguage(
            spoken.language, agreed=spoken.agreed + 1, switches=spoken.switches, judged=heard.turn
        )
        return agreed, ""
    turns = spoken.turns + 1 if heard.language == spoken.leaning else 1
    at_once = weight == "sure" and not (spoken.agreed or spoken.switches)
    if not at_once and turns < turns_needed(spoken):
        leaning = msgspec.structs.replace(spoken, leaning=heard.language, turns=turns, judged=heard.turn)
        return leaning, ""
    followed = CallLanguage(heard.language, agreed=turns, switches=spoken.switches + 1, judged=heard.turn)
    name = NAMES[heard.language]
    return (
        followed,
        f"a long turn in {name}" if turns == 1 else f"{COUNT_WORDS.get(turns, turns)} turns in {name}",
    )


def turns_needed(spoken: CallLanguage) -> int:
    """Clear turns in a row until another language is followed."""
    return TURNS + max(0, spoken.switches + 1 - FREE_SWITCHES)


def force(spoken: CallLanguage, language: LanguageCode) -> CallLanguage:
    """An operator has chosen: nothing that is heard changes it any more."""
    changed = language != spoken.language
    return CallLanguage(language, forced=True, switches=spoken.switches + changed, judged=spoken.judged)


def is_clear(heard: HeardIn, spoken: LanguageCode) -> bool:
    """Whether a turn tells its language."""
    return weight_of(heard, spoken) != "nothing"


def probability_of(
    language: LanguageCode, confidence: float, languages: Mapping[LanguageCode, float]
) -> float:
    """How likely it is that `language` was spoken, as a recogniser tells it."""
    return languages.get(language, 0.0) if languages else confidence


def _ahead(words: tuple[str, ...], own: frozenset[str], other: LanguageCode) -> int:
    theirs = known_words(other)
    return sum((word in own) - (word in theirs) for word in words)
