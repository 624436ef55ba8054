"""A small "model" of rules, for a server of tests: it books a table by what it is shown of the conversation alone."""

from __future__ import annotations

import re
from typing import Any

from engine.languages import load
from engine.languages.words import say_date, say_party, say_time
from engine.protocol import Task
from tests.fakes.openai_server import Answer, Body

YES = re.compile(
    r"\b(yes|right|correct|perfect|booked|confirmed|reserved|see you|great|sure)\b", re.IGNORECASE
)


class ModelCaller:
    """Answers requests about one English task."""

    def __init__(self, task: Task) -> None:
        english = load("en")
        self.task = task
        self.day, self.time = say_date(task.date, english), say_time(task.time, english)
        self.people = say_party(task.party_size, english)
        self.read_back = (
            f"So that is a table for {self.people}, on {self.day}, at {self.time}, "
            f"under the name {task.name}. Is that right?"
        )
        self.booking: dict[str, Any] = {
            "date": task.date, "time": task.time, "party_size": task.party_size, "name": task.name,
            "phone": None, "reference": None,
        }  # fmt: skip

    def __call__(self, body: Body) -> Answer:
        messages = body["messages"]
        last = messages[-1]
        if last["role"] == "tool":
            if "is booked" in last["content"]:
                return Answer("Thank you very much, goodbye.", calls=[("end_call", {"reason": "booked"})])
            return Answer(self.read_back)
        said = " ".join(str(message["content"]) for message in messages if message["role"] == "assistant")
        heard = last["content"].splitlines()[-1]
        if self.read_back in said and YES.search(heard):
            return Answer(calls=[("book", self.booking)])
        return Answer(self._words(heard.lower(), said), between_s=0.005, piece=6)

    def _words(self, heard: str, said: str) -> str:
        if "name" in heard:
            return f"The name is {self.task.name}."
        if "phone" in heard or "number" in heard:
            return "I am afraid I can not give you a phone number."
        if "how many" in heard:
            return f"For {self.people}, please."
        if "request" not in said and "would like" not in said:
            return f"I would like to book a table for {self.people}, on {self.day}, at {self.time}, please."
        return self.read_back
