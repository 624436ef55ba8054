"""[call] [journal] [recording] [sip] [dial]: whom we call, over what, and what is kept of it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.settings.section import Milliseconds, Port, Seconds, Section


class CallSettings(Section):
    max_seconds: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 180
    """A call longer than this is ended by the engine; the wire's clock wraps after 35 minutes."""
    no_answer_s: Seconds = 30
    """A restaurant that has not picked up by then does not answer."""
    hold_s: Seconds = 120
    """Music or ringing tones for longer than this, once they have picked up: the agent waits no more."""


class JournalSettings(Section):
    keep_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 0
    """How long the record of a call is kept; older ones are deleted when an engine starts, and by `call-thing calls
    purge`. 0 = for ever."""
    sound: Literal["flac", "wav"] = "flac"
    """What a recording becomes when its call has ended: FLAC, a third to a half of the WAV; or it stays as it is."""


class RecordingSettings(Section):
    simulated: Literal["on", "off", "announce", "consent"] = "on"
    """Whether both voices are stored. Nobody is at the far end of a simulated line, so nobody need be told."""
    recorded: Literal["on", "off", "announce", "consent"] = "on"
    """The same where a recording is the far end."""
    sip: Literal["off", "announce", "consent"] = "off"
    """The same of real calls. "announce": the agent says that the call is recorded, and the far end's voice is stored
    from then on; "consent": it asks, and stores it after a yes. A far end on this machine is a test: with "off", it is
    recorded without a word."""


class SipAccount(Section):
    provider: str = ""
    """Domain or address of the SIP provider, with `:port` where it is not the usual one."""
    user: str = "call-thing"
    """The part before the @ of our own address."""
    auth_user: str = ""
    """Name for authentication, where it differs from `user`."""
    password_env: str = ""
    """Environment variable that holds the password."""
    password_file: str = ""
    """File that holds the password; its mode must be 0600."""
    proxy: str = ""
    """Outbound proxy, `host[:port]`, when it is not the provider itself."""
    transport: Literal["udp", "tcp", "tls"] = "tls"
    """How SIP travels. On TLS the server's certificate is always verified."""
    encryption: Literal["sdes", "dtls", "off"] = "sdes"
    """SRTP: keys in the SDP (protected by TLS alone, so only there), or DTLS; "off" switches it off. A far end
    without it is refused."""


class SipSettings(Section):
    listen: str = "127.0.0.1"
    """Address on which SIP and its audio are received. Another one than loopback needs `allowed_peers`."""
    port: Port = 0
    """UDP and TCP port for SIP; 0 = any free one. A fixed one serves one line process: as many calls at a time as
    share one, see `calls_per_process`."""
    rtp_ports: str = "20000-29998"
    """Range of UDP ports for audio."""
    allowed_peers: tuple[str, ...] = ()
    """Addresses and networks (203.0.113.0/28) from which packets are taken; everything else is dropped."""
    account: str = ""
    """Which of the accounts is used when none is named."""
    accounts: dict[str, SipAccount] = {}
    """Accounts by name: [sip.accounts.NAME] in the settings file."""
    codecs: tuple[Literal["opus", "g722", "pcmu", "pcma"], ...] = ("opus", "pcmu", "pcma")
    """Offered in this order; G.711 (pcmu, pcma) is what every telephone understands."""
    jitter_buffer_ms: Milliseconds = 20
    """What received audio waits for late packets; 20 on a good network, 40 and more on a bad one."""
    rtp_timeout_s: Seconds = 20
    """A far end of which nothing is heard for so long has gone."""
    ca_file: str = ""
    """Certificates that TLS servers are verified with; "" = the system's."""
    calls_per_process: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    """Calls that share one line process: more save 40 MB each, and share its end if it crashes."""


class DialSettings(Section):
    allowed: tuple[str, ...] = ()
    """When not empty, only these numbers and addresses are called; a * at the end stands for any rest."""
    refused: tuple[str, ...] = ()
    """Never called, whatever else is set; written like `allowed`."""
    country: str = ""
    """Two letters: how a number without a country code is read. "" = such numbers are refused."""
    hours: str = "09:00-21:00"
    """When calls are made, by the clock of the place that is called; of UTC where that is not known."""
    calls_per_day: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 3
    """Calls to one number within 24 hours."""
