"""Encryption is either there or there is no call. The far end is Debian's baresip, or a SIPp that has none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from engine.protocol import LINE_RATE_HZ
from engine.settings import SipAccount
from tests.fakes.sip.baresip_peer import RATE_HZ, Manners, baresip_peer
from tests.fakes.sip.certificates import Certificates
from tests.fakes.sip.line_harness import LineHouse
from tests.fakes.sip.programs import free_port, until
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import answer, be_hung_up, refuse, scenario, sdp
from tests.fakes.sip.tones import seconds_of, tone

TLS = SipAccount(transport="tls", encryption="sdes")
DTLS = SipAccount(transport="udp", encryption="dtls")
SDES_OVER_UDP = SipAccount(transport="udp", encryption="sdes")


@pytest.mark.parametrize("how", ["SDES", "DTLS-SRTP"])
def test_encrypted_audio_passes_both_ways(house: LineHouse, tmp_path: Path, pems: Certificates, how: str):
    if how == "SDES":
        manners, account = Manners(encryption="srtp-mand", certificate=pems.right), TLS
    else:
        manners, account = Manners(encryption="dtls_srtp"), DTLS
    with baresip_peer(tmp_path, manners) as far:
        with house.line(far.uri, account, sip={"ca_file": str(pems.authority)}) as line:
            line.until_state("answered")
            line.say(tone(600, 1.0, LINE_RATE_HZ))
            until(lambda: line.played and line.played[-1].frame == 49, "our voice has left")
            until(lambda: line.quality and line.quality[-1].encryption == how, f"{how} is said")
            time.sleep(0.2)  # what has left is still in the other program's buffer
            assert line.hang_up().reason == "near_end"
        until(lambda: far.saw("CALL_CLOSED"), "the far end knows that it is over")
        assert seconds_of(line.heard(), 1000, LINE_RATE_HZ) > 0.6
        assert seconds_of(far.heard, 600, RATE_HZ) == pytest.approx(1.0, abs=0.15)


@pytest.mark.parametrize("wrong", ["authority", "name", "nobody known"])
def test_a_server_that_cannot_prove_who_it_is_is_not_talked_to(
    house: LineHouse, tmp_path: Path, pems: Certificates, wrong: str
):
    shown = {"authority": pems.wrong_authority, "name": pems.wrong_name, "nobody known": pems.right}[wrong]
    trusted = {"ca_file": str(pems.authority)} if wrong != "nobody known" else {}  # else the system's
    with baresip_peer(tmp_path, Manners(encryption="srtp-mand", certificate=shown)) as far:
        with house.line(far.uri, TLS, sip=trusted) as line:
            assert line.ended.reason == "rejected"
            assert "certificate" in line.ended.detail
        assert not far.saw("CALL_INCOMING")


def test_a_server_that_speaks_no_tls_is_not_talked_to_without_it(
    house: LineHouse, tmp_path: Path, pems: Certificates
):
    with baresip_peer(tmp_path) as far:
        plain = f"sip:peer@localhost:{far.port};transport=tls"
        with house.line(plain, TLS, sip={"ca_file": str(pems.authority)}, no_answer_s=2) as line:
            assert line.ended.reason in ("rejected", "unreachable")
            assert line.gone() == 0
        assert not far.events


@pytest.mark.parametrize("manner", ["answers plain", "refuses"])
@pytest.mark.parametrize("account", [SDES_OVER_UDP, DTLS], ids=["SDES", "DTLS"])
def test_a_far_end_without_encryption_is_refused(
    house: LineHouse, tmp_path: Path, account: SipAccount, manner: str
):
    refusal = refuse(488, "Not Acceptable Here")
    steps = (refusal,) if manner == "refuses" else (answer(sdp(free_port())), be_hung_up())
    with sipp(scenario(*steps), tmp_path) as far, house.line(far.uri, account) as line:
        assert line.ended.reason == "rejected"
        assert not line.heard().any()
        assert line.gone() == 0
        assert far.verdict() == ""
