"""What the vendor accepts, each with where it says so, and an estimate of tokens where it counts them."""

from __future__ import annotations

import json
import math
import re
from typing import Any

FEWEST_EXAMPLES = 10
"""https://developers.openai.com/api/docs/guides/supervised-fine-tuning, on how many examples are needed."""
MOST_BYTES = 512_000_000
"""Of one file; https://developers.openai.com/api/reference/resources/files/methods/create: "up to 512 MB"."""
MOST_TOKENS = 65_536
"""Of one example, for the gpt-4o and gpt-4.1 families; the rest is cut off. The same guide, "Token limits"."""
MOST_TOOLS = 128
"""https://developers.openai.com/api/reference/resources/chat: "A maximum of 128 functions are supported"."""
LONGEST_SUFFIX = 64
"""Characters of a model's suffix; https://developers.openai.com/api/reference/resources/fine_tuning."""
EPOCHS = 3
"""What a cost is estimated with. The vendor chooses by itself, three for about a hundred examples."""

PER_MESSAGE = (
    3  # tokens around a message: https://developers.openai.com/cookbook, "How to count tokens with tiktoken"
)
LETTERS_A_TOKEN = (
    4.0  # "one token generally corresponds to ~4 characters", https://platform.openai.com/tokenizer
)
DIGITS_A_TOKEN = 3  # of a number, in the vocabularies cl100k and o200k
_PIECES = re.compile(r"\d+|[^\W\d_]+|[^\w\s]|_")


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is: an estimate. The vendor's own count needs its vocabulary, which is not here.

    A word is at least one token and one for each four letters begun, which for the four languages is rather too many.
    """
    total = 0
    for piece in _PIECES.findall(text):
        if piece[0].isdecimal():
            total += math.ceil(len(piece) / DIGITS_A_TOKEN)
        elif piece[0].isalpha():
            total += math.ceil(len(piece) / LETTERS_A_TOKEN)
        else:
            total += 1
    return total


def tokens_of(line: dict[str, Any]) -> int:
    """The estimate for one example: messages and tools."""
    total = estimated_tokens(json.dumps(line.get("tools") or [], ensure_ascii=False))
    for message in line.get("messages") or ():
        if isinstance(message, dict):
            calls = json.dumps(message.get("tool_calls") or "", ensure_ascii=False)
            total += PER_MESSAGE + estimated_tokens(f"{message.get('content') or ''} {calls}")
    return total
