"""What every group of settings shares: it refuses names that it does not know, and has ranges for its numbers."""

from __future__ import annotations

from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=1, le=600_000)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=7200)]
Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every group of settings refuses names that it does not know."""
