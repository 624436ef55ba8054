"""What a simulated restaurant says to being recorded: asked, and where it minds also when it is only told. Pure."""

from __future__ import annotations

import re
from typing import Literal

from engine.dialogue.recording_words import plain
from engine.protocol import LanguageCode
from engine.scenario_parts import Recording

ALLOWS: dict[LanguageCode, str] = {
    "en": "yes that is fine",
    "de": "ja das ist in ordnung",
    "es": "sí de acuerdo",
    "nl": "ja dat mag",
}
REFUSES: dict[LanguageCode, str] = {
    "en": "no i would rather not",
    "de": "nein das möchte ich nicht",
    "es": "no prefiero que no",
    "nl": "nee liever niet",
}
OBJECTS: dict[LanguageCode, str] = {  # to an announcement
    "en": "please do not record this call",
    "de": "bitte keine aufzeichnung",
    "es": "por favor sin grabar la llamada",
    "nl": "ik wil geen opname",
}


def _of(*patterns: str) -> re.Pattern[str]:
    """Of whole words, folded, with single spaces."""
    return re.compile(rf"(?<!\S)(?:{'|'.join(patterns)})(?!\S)")


ASKED: dict[LanguageCode, re.Pattern[str]] = {  # may I record this call?
    "en": _of(
        r"(?:may|can|could|might) (?:i|we) (?:\S+ ){0,3}?(?:record|recording|tape)"
        r"(?! (?:\S+ )?(?:reservation|booking|table|name))",
        r"(?:do|would) you (?:mind|agree|consent|object|allow) (?:\S+ ){0,5}?(?:record\S*|tap(?:ed|ing))",
        r"(?:is it|would it be|are you) (?:\S+ ){1,2}?(?:if|that|to|with) (?:\S+ ){0,4}?(?:record\S*|tap(?:e|ed|ing))",
    ),
    "de": _of(
        r"(?:darf|durfte|kann|konnte|durfen|durften|konnen|konnten) (?:ich|wir) (?:\S+ ){0,5}?"
        r"(?:auf ?zeichn\S*|auf ?nehmen|mit ?schneiden|aufnahme)",
        r"(?:ist es|ware es|sind sie|haben sie) (?:\S+ ){0,10}?"
        r"(?:auf ?(?:ge)?zeichn\S*|auf ?n[ae]hm\S*|aufgenommen|mit ?(?:ge)?schn\S*|aufnahme)",
    ),
    "es": _of(
        r"(?:puedo|podria|podriamos|podemos|se puede) (?:\S+ ){0,2}?grab\S+",
        r"(?:importa|molesta|parece bien|permite|autoriza|acepta|esta de acuerdo) (?:\S+ ){0,5}?grab\S+",
    ),
    "nl": _of(
        r"(?:mag|mogen|kan|kunnen|zou|zouden) (?:ik|we|wij) (?:\S+ ){0,5}?op ?(?:te )?(?:nemen|name)",
        r"(?:vindt u|is het|bent u|heeft u|gaat u|hebt u) (?:\S+ ){0,10}?"
        r"(?:op ?(?:te )?nemen|opneem|opneemt|opgenomen|opnames?)",
    ),
}
TOLD: dict[LanguageCode, re.Pattern[str]] = {  # this call is recorded
    "en": _of(
        r"(?:call|conversation) (?:is|will be|may be|gets) (?:(?!not )\S+ ){0,2}?(?:recorded|taped)",
        r"(?:i am|im|we are|we) recording (?:this|the|our) (?:call|conversation)",
    ),
    "de": _of(
        r"(?:gesprach|anruf|telefonat) wird (?:(?!nicht )\S+ ){0,2}?(?:aufgezeichnet|aufgenommen|mitgeschnitten)",
        r"(?:zeichnen?|nehmen?|schneiden?) (?:(?!nicht )\S+ ){0,3}?(?:gesprach|anruf|telefonat) (?:auf|mit)",
    ),
    "es": _of(
        r"(?:llamada|conversacion) (?:se (?:esta )?|esta siendo |va a ser |sera )grab\S+",
        r"(?:estoy|estamos) grabando",
    ),
    "nl": _of(
        r"(?:gesprek|telefoongesprek|telefoontje) wordt (?:(?!niet )\S+ ){0,2}?opgenomen",
        r"(?:neem|nemen) (?:(?!niet )\S+ ){0,3}?(?:gesprek|telefoongesprek) op",
    ),
}


def about_recording(text: str, language: LanguageCode) -> Literal["", "asked", "told"]:
    """Whether the agent asked if it may record the call, or told that it does. Only this language is understood."""
    words = plain(text)
    if ASKED[language].search(words):
        return "asked"
    return "told" if TOLD[language].search(words) else ""


def words_on_recording(recording: Recording, text: str, language: LanguageCode) -> str:
    """What it says to that; "" = nothing, and it goes on as if nothing had been said of it."""
    about = about_recording(text, language)
    if about == "asked" and recording != "ignores":
        return (ALLOWS if recording == "allows" else REFUSES)[language]
    return OBJECTS[language] if about == "told" and recording == "refuses" else ""
