"""The ear's tokens: pieces of words, and Whisper's special ones, in the order that its runtimes expect.

Text pieces, then "", then the special tokens. CTranslate2 takes a model for multilingual if the empty token exists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from engine.protocol import LANGUAGES, LanguageCode
from tools.ear.clip import WINDOW_S

PIECES = 800
TIMESTAMP_S = 0.02
AFTER_LANGUAGES = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")


class Vocabulary(NamedTuple):
    """Names of tokens, by their number, and the encoder of text."""

    tokens: list[str]
    pieces: int  # text pieces are the numbers below
    tokenizer: Any  # tokenizers.Tokenizer

    def id(self, name: str) -> int:
        """The number of a special token: "endoftext", "en"."""
        return self.tokens.index(f"<|{name}|>")

    @property
    def spoken(self) -> int:
        """How many the model writes: all but the timestamps, which it is never asked for."""
        return self.id("notimestamps") + 1

    def prompt(self, language: LanguageCode) -> list[int]:
        """What a decoder is given first."""
        return [self.id(name) for name in ("startoftranscript", language, "transcribe", "notimestamps")]

    def encoded(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Pieces of a text and the characters of the text that each of them stands for."""
        if not text:
            return [], []
        found = self.tokenizer.encode(" " + text, add_special_tokens=False)
        spans = [(max(0, first - 1), min(len(text), last - 1)) for first, last in found.offsets]
        return found.ids, spans

    def text(self, ids: Iterable[int]) -> str:
        """The text of pieces; special tokens are left out."""
        return str(self.tokenizer.decode([each for each in ids if each < self.pieces])).strip()


def trained(texts: Iterable[str], folder: Path) -> Vocabulary:
    """A vocabulary for these texts, written to the folder."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=PIECES, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator((" " + text for text in texts if text), trainer)
    pieces = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    special = [f"<|{name}|>" for name in ("endoftext", "startoftranscript", *LANGUAGES, *AFTER_LANGUAGES)]
    times = [f"<|{step * TIMESTAMP_S:.2f}|>" for step in range(int(WINDOW_S / TIMESTAMP_S) + 1)]
    tokens = [*pieces, "", *special, *times]
    described = json.loads(tokenizer.to_str())
    described["model"]["vocab"][""] = len(pieces)
    tokenizer = Tokenizer.from_str(json.dumps(described))
    tokenizer.add_special_tokens(
        [AddedToken(name, special=True, normalized=False) for name in tokens[len(pieces) + 1 :]]
    )
    assert all(tokenizer.token_to_id(name) == number for number, name in enumerate(tokens))
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokens.json").write_text(json.dumps([tokens, len(pieces)]), encoding="utf-8")
    return read(folder)


def read(folder: Path) -> Vocabulary:
    """A vocabulary that was written before. Raises OSError."""
    from tokenizers import Tokenizer

    tokens, pieces = json.loads((folder / "tokens.json").read_text(encoding="utf-8"))
    return Vocabulary(tokens, pieces, Tokenizer.from_file(str(folder / "tokenizer.json")))
