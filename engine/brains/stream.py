"""What a streaming answer of the chat completions API comes to: sentences as they are complete, tool calls, an end.

Pure: what the server sends is passed in. Sentences leave one by one, since a voice begins with the first while the
rest is still being thought; a tool call is whole only at the end.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

LONGEST_SENTENCE = 280  # characters; longer ones are cut at a comma or a space, so that a voice can begin
MOST_CALLS = 8  # of tools in one answer
LONGEST_ARGUMENTS = 8000  # characters; longer ones are cut, and are no JSON then
LONGEST_NAME = 64
MOST_TOKENS = 1 << 31
_END = re.compile(r"[.!?…]+[\"'”’»)\]*_]*(?=\s)|\n+")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"“„«])(?:\d+|\w|(?:\w\.)+\w|mr|mrs|ms|dr|st|nr|tel|sr|sra|dhr|mevr|mw|fr|hr|ca|bzw|etc|approx)\.$",
    re.IGNORECASE,
)
_THINKING, _THOUGHT = "<think>", "</think>"  # models that think aloud, on servers that do not take it out


class Words(msgspec.Struct, frozen=True):
    """One whole sentence."""

    text: str


class Call(msgspec.Struct, frozen=True):
    """A tool call. `arguments` is JSON as the model wrote it, valid or not."""

    number: str
    tool: str
    arguments: str


class Ended(msgspec.Struct, frozen=True):
    """The answer is complete. finish: the server's own word, "" = it broke off without one."""

    finish: str
    refusal: str
    tokens_in: int | None
    tokens_out: int | None


Piece = Words | Call | Ended


class Sentences:
    """Cuts text that comes in fragments into sentences."""

    def __init__(self) -> None:
        self._text = ""

    def feed(self, fragment: str) -> list[str]:
        """Sentences that are complete with it: what follows a full stop has to be seen first."""
        self._text += fragment
        found: list[str] = []
        start = 0
        for match in _END.finditer(self._text):
            sentence = self._text[start : match.end()]
            if "\n" not in match[0] and _ABBREVIATED.search(sentence.rstrip("\"'”’»)]*_")):
                continue
            found.append(sentence.strip())
            start = match.end()
        self._text = self._text[start:]
        while len(self._text) > LONGEST_SENTENCE:
            found.append(self._cut())
        return [sentence for sentence in found if sentence]

    def rest(self) -> str:
        """What is left at the end."""
        text, self._text = self._text.strip(), ""
        return text

    def _cut(self) -> str:
        head = self._text[:LONGEST_SENTENCE]
        place = head.rfind(", ") + 1 or head.rfind(" ") + 1 or LONGEST_SENTENCE
        self._text = self._text[place:]
        return head[:place].strip()


class Reader:
    """One answer."""

    def __init__(self) -> None:
        self._sentences = Sentences()
        self._calls: list[list[str]] = []  # number, tool, arguments
        self._place: dict[int, int] = {}  # the server's index → place among them
        self._held = ""  # the beginning, while it may be thinking aloud
        self._begun = False
        self._refusal = ""
        self._finish = ""
        self._tokens: tuple[int | None, int | None] = (None, None)

    def feed(self, chunk: Any) -> list[Piece]:
        """One `ChatCompletionChunk`; the sentences that are complete with it."""
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            self._tokens = (_count(usage, "prompt_tokens"), _count(usage, "completion_tokens"))
        pieces: list[Piece] = []
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None:
                self._refusal += _plain(getattr(delta, "refusal", None))
                for call in delta.tool_calls or ():
                    self._call(call)
                pieces += [Words(text) for text in self._sentences.feed(self._aloud(_plain(delta.content)))]
            self._finish = _plain(choice.finish_reason) or self._finish
        return pieces

    @property
    def begun(self) -> bool:
        """Whether the model has given anything yet: words, thoughts aloud, a tool."""
        return bool(self._held or self._begun or self._calls or self._refusal or self._finish)

    def end(self) -> list[Piece]:
        """The stream is over: the last sentence, where it was said to its end; the tool calls; how it ended.

        Of an answer that broke off the last sentence is half a sentence, and is not said.
        """
        if not self._finish:
            return [self._ended()]
        pieces: list[Piece] = []
        rest = self._sentences.rest()
        if rest and self._finish not in ("length", "content_filter"):
            pieces.append(Words(rest))
        if self._finish not in ("length", "content_filter"):
            pieces += [
                Call(number or f"call_{place}", tool, arguments or "{}")
                for place, (number, tool, arguments) in enumerate(self._calls)
            ]
        return [*pieces, self._ended()]

    def _ended(self) -> Ended:
        return Ended(self._finish, self._refusal, *self._tokens)

    def _aloud(self, fragment: str) -> str:
        """What of a fragment is to be said: not what a model thinks between <think> and </think>."""
        if self._begun:
            return fragment
        self._held += fragment
        text = self._held.lstrip()
        if not text or (_THINKING.startswith(text) and text != _THINKING):
            return ""
        if text.startswith(_THINKING):
            _, found, rest = text.partition(_THOUGHT)
            if not found:
                return ""
            text = rest
        self._begun, self._held = True, ""
        return text

    def _call(self, delta: Any) -> None:
        """Fragments of one call have the same index; some servers give every call the index 0, and a number."""
        function = delta.function
        number, tool = _plain(delta.id)[:LONGEST_NAME], _plain(getattr(function, "name", None))[:LONGEST_NAME]
        index = delta.index or 0
        place = self._place.get(index)
        if place is not None and number and self._calls[place][0] not in ("", number) and tool:
            place = None
        if place is None:
            if len(self._calls) >= MOST_CALLS:
                return
            place = self._place[index] = len(self._calls)
            self._calls.append(["", "", ""])
        known = self._calls[place]
        known[0] = known[0] or number
        known[1] = known[1] or tool
        known[2] = (known[2] + _plain(getattr(function, "arguments", None)))[:LONGEST_ARGUMENTS]


def _plain(text: Any) -> str:
    """Text that a message can carry: half a character pair, which JSON can hold, is left out."""
    return text.encode("utf-8", "ignore").decode() if isinstance(text, str) else ""


def _count(usage: Any, field: str) -> int | None:
    """A number of tokens; None where it is none."""
    count = getattr(usage, field, None)
    return count if isinstance(count, int) and 0 <= count < MOST_TOKENS else None
