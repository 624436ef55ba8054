"""The frame of every report: one file, no network, and no script but its own."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files

from engine.reports.markup import Markup, escaped

STYLES = ("page.css", "call.css", "run.css")
SCRIPTS = (
    "view.js", "call_data.js", "theme.js", "waves.js", "words.js", "lanes.js", "voice_lanes.js", "event_lanes.js",
    "stage.js", "details.js", "player.js", "call.js", "tables.js", "start.js",
)  # fmt: skip


def page(title: str, body: Markup, made_by: str) -> str:
    """A whole document. made_by: what and when, for its foot."""
    style, script = _joined(STYLES), "(() => {\n'use strict';\n" + _joined(SCRIPTS) + "})();\n"
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; media-src data:; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{escaped(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
{body}
</main>
<footer>{escaped(made_by)}</footer>
<script>{script}</script>
</body>
</html>
"""


@cache
def _joined(names: tuple[str, ...]) -> str:
    """Files of assets/ as one text."""
    folder = files("engine.reports") / "assets"
    return "".join((folder / name).read_text("utf-8") for name in names)


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what it allows: of the bytes between the tags."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
