"""What a call sounds like, from the engine into the operator's ear."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable

from console.audio.jitter import CallMix
from engine.protocol import AgentFrame, FarFrame, Flag, Header


async def hear(
    sound: AsyncIterable[tuple[Header, FarFrame | AgentFrame]], mix: CallMix, is_mine: Callable[[], bool]
) -> None:
    """Put a call's frames into the mix, until it is closed.

    is_mine: whether an operator's voice in this call is the one at this console. That one is left out: who hears
    himself a moment later cannot speak.
    """
    async for header, frame in sound:
        if isinstance(frame, FarFrame):
            mix.far(frame.pcm)
        elif not (header.flags & Flag.OPERATOR and is_mine()):
            mix.near(frame.pcm)
