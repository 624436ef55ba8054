"""What a model is shown of the call: who said what, what of our words was really heard, which tools ran. Pure.

What playback has not reported yet counts as said. What was cut is cut here too, to the word.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

BEGINNING = "(The call has been answered.)"
INTERRUPTED = "(You were interrupted there: they did not hear the rest.)"
UNHEARD = "(You were interrupted before they could hear: {text})"
NO_ANSWER = "(They have not said anything since.)"
NO_RESULT = "The tool has given no result: the conversation went on."

Mark = Literal["", "disclosure", "scripted", "operator"]
Kind = Literal["heard", "note", "said", "call", "result"]


class Line(msgspec.Struct, array_like=True, omit_defaults=True):
    """One thing that happened. call: number of a tool call, in its call and its result."""

    kind: Kind
    text: str  # arguments, of a call
    spoken: str = ""  # what the voice was given for it; once it is cut: what was heard
    fate: Literal["", "said", "cut"] = ""  # "" = not reported yet
    mark: Mark = ""  # who or what made us say it, where not the model
    call: str = ""
    tool: str = ""


class History:
    """One call's."""

    def __init__(self, lines: list[Line] | None = None) -> None:
        self.lines = lines or []

    def heard(self, text: str) -> None:
        """The far end said it; nothing in it is nothing that could be answered, and some servers refuse it."""
        if text.strip():
            self.lines.append(Line("heard", text))
        else:
            self.note("They said something that could not be understood.")

    def note(self, text: str) -> None:
        """Something that the model is to know, and nobody said."""
        self.lines.append(Line("note", f"({text})"))

    def say(self, text: str, spoken: str, mark: Mark = "") -> None:
        """A sentence of ours is on its way."""
        self.lines.append(Line("said", text, spoken, mark=mark))

    def operator(self, text: str) -> None:
        """Words that an operator said in our place, as far as they were heard."""
        if text.strip():
            self.lines.append(Line("said", text, text, fate="said", mark="operator"))

    def call(self, number: str, tool: str, arguments: str) -> str:
        """The model wants a tool; the number under which its result goes, which no other call of ours has.

        Some servers give every call the same number, or none.
        """
        taken = {line.call for line in self.lines if line.kind == "call"}
        own = next(
            name
            for name in (number, *(f"{number}_{count}" for count in range(2, len(taken) + 3)))
            if name not in taken
        )
        self.lines.append(Line("call", arguments, call=own, tool=tool))
        return own

    def result(self, number: str, text: str) -> None:
        """What came of it."""
        self.lines.append(Line("result", text, call=number))

    def reported(self, text: str, cut: bool) -> Line | None:
        """Playback has told what became of a sentence: the oldest that begins with these words, with its fate now."""
        words = text.strip()
        waiting = [line for line in self.lines if line.kind == "said" and not line.fate]
        line = next((line for line in waiting if line.spoken.startswith(words)), None)
        if line is None:
            return None
        if cut and words != line.spoken:
            line.fate, line.spoken = "cut", words
        else:
            line.fate = "said"
        return line

    @property
    def answered(self) -> bool:
        """Whether something of ours follows what happened last."""
        events = [line for line in self.lines if line.kind != "note" and line.mark != "disclosure"]
        last = events[-1] if events else None
        return last is not None and last.kind == "said"

    def messages(self, system: str) -> list[dict[str, Any]]:
        """For the chat completions API. Roles alternate, as the templates of many models demand."""
        found: list[dict[str, Any]] = [{"role": "system", "content": system}]
        _add(found, "user", BEGINNING)
        results = {line.call: line.text for line in self.lines if line.kind == "result"}
        place = 0
        while place < len(self.lines):
            line = self.lines[place]
            if line.kind == "call":
                calls = [line]
                while place + 1 < len(self.lines) and self.lines[place + 1].kind == "call":
                    place += 1
                    calls.append(self.lines[place])
                _add_calls(found, calls, results)
            elif line.kind == "said":
                following = self.lines[place + 1] if place + 1 < len(self.lines) else None
                _add_said(
                    found,
                    line,
                    following is not None and following.kind == "said" and following.fate == "cut",
                )
            elif line.kind in ("heard", "note"):
                _add(found, "user", line.text)
            place += 1
        if (
            found[-1]["role"] == "assistant"
        ):  # of which many servers make something to be gone on with, or an error
            _add(found, "user", NO_ANSWER)
        return found


def _add(messages: list[dict[str, Any]], role: str, text: str) -> None:
    last = messages[-1]
    if last["role"] == role and "tool_calls" not in last:
        last["content"] = f"{last['content']} {text}" if role == "assistant" else f"{last['content']}\n{text}"
    else:
        messages.append({"role": role, "content": text})


def _add_said(messages: list[dict[str, Any]], line: Line, more_was_cut: bool) -> None:
    if line.fate != "cut":
        _add(messages, "assistant", line.text)
    elif line.spoken:
        _add(messages, "assistant", f"{line.spoken} …")
        _add(messages, "user", INTERRUPTED)
    else:
        _add(messages, "user", UNHEARD.format(text=line.text))


def _add_calls(messages: list[dict[str, Any]], calls: list[Line], results: dict[str, str]) -> None:
    asked = [
        {"id": line.call, "type": "function", "function": {"name": line.tool, "arguments": line.text}}
        for line in calls
    ]
    last = messages[-1]
    if last["role"] == "assistant" and "tool_calls" not in last:
        last["tool_calls"] = asked
    else:
        messages.append({"role": "assistant", "content": None, "tool_calls": asked})
    for line in calls:
        text = results.get(line.call, NO_RESULT)
        messages.append({"role": "tool", "tool_call_id": line.call, "content": text})
