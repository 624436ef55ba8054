"""What of a written text can be spoken at all: markdown, HTML, code, emoji and control characters taken off. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4000  # characters of one text; a sentence on the phone has two hundred
_FENCES = re.compile(r"^\s*(?:```|~~~).*$", re.MULTILINE)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_SCRIPT = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)
_BREAK = re.compile(r"</?(?:p|br|li|div|tr|h\d)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_ENTITY = re.compile(r"&(?:nbsp|#160);")
_ENTITIES = {"&amp;": "&", "&lt;": " ", "&gt;": " ", "&quot;": '"', "&#39;": "'", "&apos;": "'"}
_IMAGE_OR_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\s+[^()]*)?\)|\[[^\[\]]*\])")
_FOOTNOTE = re.compile(r"^\s*\[[^\[\]]+\]:\s.*$", re.MULTILINE)
_RULE = re.compile(r"^[\s|:*_=-]{3,}$", re.MULTILINE)
_LINE_START = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+•–]\s+(?:\[[ xX]\]\s+)?)+", re.MULTILINE)
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s+(?=\D)", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*{1,3}|~~|`{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w))")
_ENDS = re.compile(r"[.!?:;,…]$")
_SPOKEN_CATEGORIES = ("L", "M", "N", "Z")  # letters, marks, numbers, spaces
PUNCTUATION = frozenset(".,;:!?…'’\"“”„‚‘«»()¡¿-–—·")
SIGNS = frozenset("%&+@=°§€$£/#ºª_½¼¾")  # `dialogue.spoken` says them


def unmarked(text: str) -> str:
    """`text` without what is only to be seen, in one line; a line that ends in nothing ends a sentence."""
    text = text[:LONGEST]
    text = _SCRIPT.sub(" ", _COMMENT.sub(" ", _FENCES.sub("", text)))
    text = _TAG.sub(" ", _BREAK.sub("\n", text))
    text = _ENTITY.sub(" ", text)
    for entity, character in _ENTITIES.items():
        text = text.replace(entity, character)
    text = _IMAGE_OR_LINK.sub(r"\1", _FOOTNOTE.sub("", text))
    lines = [_cells(line) for line in _unlisted(text).splitlines()]
    spoken = [line for line in (_EMPHASIS.sub("", line).strip() for line in lines) if line]
    ended = [line if _ENDS.search(line) else f"{line}." for line in spoken[:-1]]
    return sayable(" ".join([*ended, *spoken[-1:]]))


def _unlisted(text: str) -> str:
    text = _LINE_START.sub("", _RULE.sub("", text))
    several = len(_NUMBERED.findall(text)) > 1  # one alone may be a day: "15. Mai passt"
    return _NUMBERED.sub("", text) if several else text


def sayable(text: str) -> str:
    """Only the characters that `dialogue.spoken` knows how to read; every other one is a space, an emoji nothing."""
    return "".join(map(_sayable, text))


def _sayable(character: str) -> str:
    if character in SIGNS or character in PUNCTUATION:
        return character
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""  # joiners, direction marks, variation selectors
    return character if category[0] in _SPOKEN_CATEGORIES and category not in ("Zl", "Zp") else " "


def _cells(line: str) -> str:
    """A row of a table as a list with commas."""
    if line.count("|") < 2:
        return line
    return ", ".join(cell.strip() for cell in line.split("|") if cell.strip())
