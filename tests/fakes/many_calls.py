"""Calls one after the other until somebody kills them: `python -m tests.fakes.many_calls JOURNALS`.

Each is begun, lasts, is closed with its summary, and its recording becomes FLAC. Says when each has begun and ended.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from engine.records.finishing import finish
from tests.fakes.kept_calls import kept_call

journals = Path(sys.argv[1])
for number in itertools.count(1):
    print("begins", number, flush=True)
    finish(kept_call(journals, 1.2, call=f"20260302-180000-4711-{number:04}"))
