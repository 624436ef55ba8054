"""E-mail and web addresses as they are said on the phone: "a.b@example.com" → "a dot b at example dot com". Pure."""

from __future__ import annotations

import re

from engine.languages import Language
from engine.languages.words import say_number
from engine.languages.written import Aloud

_MAIL = re.compile(r"(?:mailto:)?\b([\w.+%-]{1,64})@([\w-]{1,63}(?:\.[\w-]{1,63}){1,6})", re.IGNORECASE)
_WEB = re.compile(
    r"(?:\b[a-z][a-z\d+-]{1,9}://|\bwww\.)(?:[^\s/@<>()]{1,64}@)?([^\s/?#:<>()\"']{1,200})(?::\d{1,5})?(?:[/?#][^\s<>()\"']*)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b((?:[\w-]{1,63}\.){1,5}(?:com|org|net|info|restaurant|eu|de|es|nl|uk|at|ch|be|io|app))\b(?:/[^\s<>()\"']*)?",
    re.IGNORECASE,
)
_ENDS = ".,;:!?…"


def addresses(text: str, language: Language, words: Aloud) -> str:
    """`text` with addresses as words. Of a web address the host is said; its path is for reading."""

    def mail(match: re.Match[str]) -> str:
        host = match[2].rstrip(_ENDS + "-_")
        return f" {_said(match[1], language, words)} {words.at} {_said(host, language, words)} "

    def web(match: re.Match[str]) -> str:
        ending = match[0][len(match[0].rstrip(_ENDS)) :]
        host = re.sub(r"^www\.", "", match[1].rstrip(_ENDS), flags=re.IGNORECASE)
        return f" {_said(host, language, words)}{ending} "

    return _BARE.sub(web, _WEB.sub(web, _MAIL.sub(mail, text)))


def _said(part: str, language: Language, words: Aloud) -> str:
    signs = {".": words.dot, "-": words.hyphen, "_": words.underscore, "+": words.plus}
    said = []
    for character in part:
        if character in signs:
            said.append(f" {signs[character]} ")
        elif character.isdecimal():
            said.append(f" {say_number(int(character), language.code)} ")
        else:
            said.append(character)
    return " ".join("".join(said).split())
