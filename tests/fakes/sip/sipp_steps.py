"""What a far end does in a call, as steps that SIPp's XML is made of.

A scenario is the steps from the first INVITE on: `scenario(*ringing(), answer(sdp(port)), receive("ACK"), …)`.
"""

from __future__ import annotations

TAG = "peer[pid]x[call_number]"
CONTACT = "Contact: <sip:peer@[local_ip]:[local_port];transport=[transport]>"
OPENING = """
<recv request="INVITE" crlf="true"><action>
  <ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="invite_number"/>
  <ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
  <ereg regexp=".*" search_in="hdr" header="To:" assign_to="called"/>
  <ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="target"/>
</action></recv>
"""


def scenario(*steps: str) -> str:
    """The whole XML: an INVITE comes in, then the steps."""
    head = '<?xml version="1.0" encoding="us-ascii"?>\n<scenario name="far end">'
    used = '<Reference variables="invite_number,caller,called,target"/>'
    return f"{head}{OPENING}{''.join(steps)}{used}</scenario>\n"


def sdp(port: str | int, direction: str = "sendrecv", version: int = 1) -> str:
    """A body that offers or takes G.711 µ-law and keys at this port."""
    return (
        f"v=0\r\no=peer 1 {version} IN IP4 [local_ip]\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a=fmtp:101 0-15\r\na=ptime:20\r\na={direction}\r\n"
    )


def reply(status: int, reason: str, body: str = "", headers: tuple[str, ...] = (), tag: bool = True) -> str:
    """A response to what was received last. `tag`: to a request that began a dialog."""
    to = f"[last_To:];tag={TAG}" if tag else "[last_To:]"
    lines = [
        f"SIP/2.0 {status} {reason}",
        "[last_Via:]",
        "[last_From:]",
        to,
        "[last_Call-ID:]",
        "[last_CSeq:]",
    ]
    return _send([*lines, CONTACT, *headers], body)


def answer(body: str) -> str:
    """200 to the first INVITE, and its ACK."""
    return reply(200, "OK", body) + receive("ACK")


def refuse(status: int, reason: str, headers: tuple[str, ...] = ()) -> str:
    """A final refusal of the first INVITE, and its ACK."""
    return reply(status, reason, headers=headers) + receive("ACK")


def receive(request: str) -> str:
    """Wait for this request."""
    return f'<recv request="{request}"/>\n'


def receive_reply(status: int) -> str:
    """Wait for this response to a request of ours; 100 may come first."""
    first = '<recv response="100" optional="true"/>\n' if status != 100 else ""
    return f'{first}<recv response="{status}"/>\n'


def pause(ms: int) -> str:
    return f'<pause milliseconds="{ms}"/>\n'


def be_cancelled() -> str:
    """Ring until the caller gives up."""
    refused = [
        "SIP/2.0 487 Request Terminated",
        "[last_Via:]",
        "[last_From:]",
        f"[last_To:];tag={TAG}",
        "[last_Call-ID:]",
        "CSeq: [$invite_number] INVITE",
    ]
    return receive("CANCEL") + reply(200, "OK") + _send(refused) + receive("ACK")


def be_hung_up() -> str:
    """Wait for the caller's BYE and take it."""
    return receive("BYE") + reply(200, "OK", tag=False)


def be_held(rtp_port: int) -> str:
    """Take a hold (a re-INVITE that wants to hear nothing), then the resumption."""
    check = (
        '<recv request="INVITE"><action><ereg regexp="a=(sendonly|inactive)" search_in="body" check_it="true"'
        ' assign_to="held,how"/><log message="held: [$how]"/></action></recv>\n'
    )
    resumed = (
        '<recv request="INVITE"><action><ereg regexp="a=sendrecv" search_in="body" check_it="true"'
        ' assign_to="resumed"/><log message="resumed: [$resumed]"/></action></recv>\n<Reference variables="held"/>\n'
    )
    ok = [reply(200, "OK", sdp(rtp_port, way, n), tag=False) for n, way in ((2, "recvonly"), (3, "sendrecv"))]
    return check + ok[0] + receive("ACK") + resumed + ok[1] + receive("ACK")


def hold_them(rtp_port: int, for_ms: int) -> str:
    """Put the caller on hold for a while."""
    steps = []
    for number, direction in ((1, "sendonly"), (2, "sendrecv")):
        steps += [_request("INVITE", number, sdp(rtp_port, direction, number + 1)), receive_reply(200)]
        steps += [_request("ACK", number), pause(for_ms if number == 1 else 0)]
    return "".join(steps)


def hang_up(number: int = 5) -> str:
    """BYE from this side. number: a CSeq above that of any request before it."""
    return _request("BYE", number) + receive_reply(200)


def stream(file: str, payload_type: int = 0, codec: str = "PCMU/8000") -> str:
    """SIPp itself sends a file of coded audio, once."""
    return f'<nop><action><exec rtp_stream="{file},1,{payload_type},{codec}"/></action></nop>\n'


def _request(method: str, number: int, body: str = "") -> str:
    lines = [
        f"{method} [$target] SIP/2.0",
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
        f"From:[$called];tag={TAG}",
        "To:[$caller]",
        "[last_Call-ID:]",
        f"CSeq: {number} {method}",
        "Max-Forwards: 70",
    ]
    return _send([*lines, CONTACT], body)


def _send(lines: list[str], body: str = "") -> str:
    content = ["Content-Type: application/sdp", "Content-Length: [len]"] if body else ["Content-Length: 0"]
    return (
        "<send><![CDATA[\n"
        + "\n".join([*lines, *content])
        + "\n\n"
        + body.replace("\r\n", "\n")
        + "]]></send>\n"
    )
