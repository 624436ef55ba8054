"""Does the far end ask for a human being, and is the agent asking something? Words, in four languages. Pure."""

from __future__ import annotations

import re

from engine.dialogue.patterns import fold
from engine.protocol import LanguageCode, Sentence

# What a person says who wants another one instead of a machine; matched without accents and punctuation. That somebody
# asks whether this is a machine is no such wish.
_PEOPLE: dict[LanguageCode, tuple[str, ...]] = {
    "en": (
        r"(?:speak|talk) (?:to|with) (?:a |an |any |the )?(?:real |actual |live |human )*"
        r"(?:person|people|human|human being|somebody|someone)\b",
        r"(?:speak|talk) (?:to|with) (?:robots?|machines?|computers?|a (?:robot|machine|computer))\b",
        r"(?:put|get|give) (?:me )?(?:on )?(?:a |an )(?:real |actual |live )?(?:person|human)\b",
        r"(?:want|need|prefer|rather have) (?:a |an )(?:real |actual |live )?(?:person|human)\b",
    ),
    "de": (
        r"mit (?:einem |einer |nem |ner )?(?:echten? |richtigen? )?"
        r"(?:menschen|mensch|person|mitarbeiter|mitarbeiterin|jemandem|jemand) (?:\w+ )?(?:sprechen|reden)\b",
        r"nicht mit (?:einem |einer |nem |ner )?(?:robotern?|computern?|maschinen?|automaten)\b",
        r"(?:geben sie mir|verbinden sie mich mit|ich (?:will|mochte|brauche)) (?:bitte )?(?:einen?|einem) "
        r"(?:echten |richtigen )?menschen\b",
    ),
    "es": (
        r"hablar con (?:una |un |alguna )?(?:persona|humano|ser humano|agente|alguien)\b",
        r"no (?:quiero )?habl(?:o|ar) con (?:una |un )?(?:robots?|maquinas?|ordenador(?:es)?)\b",
        r"(?:quiero|prefiero|necesito|paseme con|pongame con) (?:a )?(?:una |un )?(?:persona|humano|ser humano)\b",
    ),
    "nl": (
        r"(?:praten|spreken) met (?:een )?(?:echte? )?(?:mens|persoon|medewerker|iemand)\b",
        r"met (?:een )?(?:echte? )?(?:mens|persoon|medewerker|iemand) (?:\w+ )?(?:praten|spreken)\b",
        r"niet met (?:een )?(?:robots?|computers?|machines?)\b",
        r"(?:wil|liever|graag) (?:graag )?een (?:echte? )?(?:mens|persoon)\b",
    ),
}
_ASKS = {code: re.compile(rf"\b(?:{'|'.join(likes)})") for code, likes in _PEOPLE.items()}
_QUESTIONS = ("availability", "yes_no", "name_spelled", "reference")  # of Sentence.expects


def asks_for_person(text: str, language: LanguageCode) -> bool:
    """Whether these words ask for a human being."""
    return _ASKS[language].search(_plain(text)) is not None


def question_in(sentence: Sentence) -> str:
    """What a sentence of the agent asks, the same for the same question in other words; "" when it asks nothing."""
    if sentence.expects not in _QUESTIONS and not sentence.text.rstrip().endswith("?"):
        return ""
    return sentence.template or _plain(sentence.text)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text.lower().replace("'", "").replace("’", ""))))
