"""A key that turns something on and off while the engine's word of it is still on its way. Pure."""

from __future__ import annotations


class Toggle:
    """What is wanted of each call, until the engine tells that something has changed."""

    def __init__(self) -> None:
        self._wanted: dict[int, tuple[bool, bool]] = {}  # call → what was told when asked, what was asked

    def flip(self, call: int, told: bool) -> bool:
        """The key was pressed: what to ask for. told: how it is, as far as the engine has told."""
        before, wanted = self._wanted.get(call, (told, told))
        now = wanted if before == told else told
        self._wanted[call] = (told, not now)
        return not now

    def failed(self, call: int) -> None:
        """What was asked for last was refused: how it is counts again."""
        self._wanted.pop(call, None)
