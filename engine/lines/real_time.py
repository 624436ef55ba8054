"""How urgent a line process is to the system. Apart from the SIP stack, so that doctor may know it too."""

from __future__ import annotations

REAL_TIME_PRIORITY = 20  # above everything ordinary, below the kernel's own; the stack uses 3 % of a core
