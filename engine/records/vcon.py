"""vCon, the IETF's container for conversations: its objects, and the rules for a file of them. Pure.

After draft-ietf-vcon-vcon-core, syntax 0.4.0 (draft of 2026), the unsigned form; what of it a phone call needs. Objects
refuse names that the draft does not know.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_MEDIATYPE = re.compile(r"[a-z]+/[\w.+-]+(?:; ?[\w-]+=[\w.-]+)*")
DISPOSITIONS = ("no-answer", "congestion", "failed", "busy", "hung-up", "voicemail-no-message")
Encoding = Literal["base64url", "json", "none"]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What every object of a vCon is."""


class Party(Part, frozen=True, kw_only=True):
    """Somebody who took part, in the order that others refer to; a party of whom nothing may be told is anonymous."""

    tel: str | None = None
    sip: str | None = None
    name: str | None = None
    type: Literal["person", "bot", "organization"] | None = None
    uuid: str | None = None
    org: str | None = None


class Content(Part, frozen=True, kw_only=True):
    """A file within the vCon; without a body where that was redacted."""

    mediatype: str | None = None
    filename: str | None = None
    body: Any = None
    encoding: Encoding | None = None


class Dialog(Content, frozen=True, kw_only=True):
    """A recording, one party's words, or a call that came to none."""

    type: Literal["recording", "text", "incomplete"]
    start: str
    duration: float | None = None  # s
    parties: list[int | list[int] | None] | int | None = (
        None  # of a recording with channels: one entry a channel
    )
    originator: int | None = None  # where that is not the first of the parties
    disposition: str | None = None
    application: str | None = None


class Attachment(Content, frozen=True, kw_only=True):
    """A document beside the conversation."""

    start: str
    party: int  # who brought it
    dialog: int  # what it belongs to
    purpose: str | None = None


class Analysis(Content, frozen=True, kw_only=True):
    """What was made of the conversation."""

    type: str
    vendor: str
    dialog: int | list[int] | None = None
    product: str | None = None
    schema: str | None = None


class Redacted(Part, frozen=True, kw_only=True):
    """Which vCon this one was made from, and what was taken out."""

    type: str
    uuid: str | None = None


class VCon(Part, frozen=True, kw_only=True):
    """The whole file."""

    vcon: Literal["0.4.0"]
    uuid: str
    created_at: str
    parties: list[Party]
    updated_at: str | None = None
    subject: str | None = None
    redacted: Redacted | None = None
    extensions: list[str] | None = None
    dialog: list[Dialog] = []
    attachments: list[Attachment] = []
    analysis: list[Analysis] = []


def encoded(vcon: VCon) -> bytes:
    """The file, indented, ending in a line break."""
    return msgspec.json.format(msgspec.json.encode(vcon), indent=1) + b"\n"


def decoded(raw: bytes) -> VCon:
    """Raises ValueError with what is wrong: a name that is not the draft's, a value of another kind, a broken rule."""
    vcon = msgspec.json.decode(raw, type=VCon)
    broken = list(violations(vcon))
    if broken:
        raise ValueError("; ".join(broken))
    return vcon


def violations(vcon: VCon) -> Iterator[str]:
    """What the draft demands and no type can say."""
    if not _UUID.fullmatch(vcon.uuid):
        yield "uuid: is none"
    for name in ("created_at", "updated_at"):
        if (date := getattr(vcon, name)) is not None and not _RFC3339.fullmatch(date):
            yield f"{name}: is no date of RFC 3339"
    for number, dialog in enumerate(vcon.dialog):
        yield from (f"dialog {number}: {words}" for words in _of_dialog(dialog, vcon))
    for number, attachment in enumerate(vcon.attachments):
        where = f"attachment {number}"
        if not _RFC3339.fullmatch(attachment.start):
            yield f"{where}: start is no date of RFC 3339"
        if not 0 <= attachment.party < len(vcon.parties) or not 0 <= attachment.dialog < len(vcon.dialog):
            yield f"{where}: refers to a party or a dialog that is not there"
        yield from (f"{where}: {words}" for words in _of_content(attachment, vcon))
    for number, analysis in enumerate(vcon.analysis):
        about = analysis.dialog if isinstance(analysis.dialog, list) else [analysis.dialog]
        if any(place is not None and not 0 <= place < len(vcon.dialog) for place in about):
            yield f"analysis {number}: refers to a dialog that is not there"
        yield from (f"analysis {number}: {words}" for words in _of_content(analysis, vcon))


def _of_dialog(dialog: Dialog, vcon: VCon) -> Iterator[str]:
    if not _RFC3339.fullmatch(dialog.start):
        yield "start is no date of RFC 3339"
    if dialog.duration is not None and dialog.duration < 0:
        yield "duration is negative"
    parties = dialog.parties if isinstance(dialog.parties, list) else [dialog.parties]
    flat = [one for each in parties for one in (each if isinstance(each, list) else [each])]
    if any(one is not None and not 0 <= one < len(vcon.parties) for one in (*flat, dialog.originator)):
        yield "refers to a party that is not there"
    if dialog.type == "incomplete":
        if dialog.disposition not in DISPOSITIONS:
            yield f"an incomplete one needs a disposition: {', '.join(DISPOSITIONS)}"
        if dialog.body is not None or dialog.encoding is not None:
            yield "an incomplete one has no content"
        return
    if dialog.disposition is not None:
        yield "only an incomplete one has a disposition"
    if dialog.parties is None:
        yield "does not say whose it is"
    yield from _of_content(dialog, vcon)


def _of_content(content: Content, vcon: VCon) -> Iterator[str]:
    if content.body is None:
        if vcon.redacted is None:
            yield "has no body, and nothing was redacted"
        return
    if content.encoding is None:
        yield "has a body without its encoding"
    if content.mediatype is None or not _MEDIATYPE.fullmatch(content.mediatype):
        yield "has a body without a media type"
    if content.encoding in ("base64url", "none") and not isinstance(content.body, str):
        yield "its body must be text"
    if content.encoding == "base64url" and isinstance(content.body, str) and not _is_base64url(content.body):
        yield "its body is no base64url"


def as_base64url(raw: bytes) -> str:
    """Without padding, as JWS has it."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError."""
    if "=" in text or not re.fullmatch(r"[\w-]*", text, re.ASCII):
        raise ValueError("is no base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_base64url(text: str) -> bool:
    try:
        from_base64url(text)
    except (ValueError, binascii.Error):
        return False
    return True
