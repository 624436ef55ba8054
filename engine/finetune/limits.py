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
"""Of one example, for gpt-4o-mini; other models have other limits, and what is over is cut off.
https://community.openai.com/t/884424, which quotes the guide's "Token limits"."""
MOST_TOOLS = 128
"""https://learn.microsoft.com/azure/ai-services/openai/quotas-limits: "Max number of /chat completions tools"."""
LONGEST_SUFFIX = 64
"""Characters of a model's suffix; https://developers.openai.com/api/reference/resources/fine_tuning."""
EPOCHS = 3
"""What a cost is estimated with where no number is given; the vendor then chooses by itself."""

PER_MESSAGE = 3  # tokens around a message, as in the vendor's cookbook on counting tokens
LETTERS_A_TOKEN = 4.0  # the vendor's rule of thumb for English
DIGITS_A_TOKEN = 3  # at most, in the vendor's later vocabularies
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
