"""Encryption is either there or there is no call. The far end is Debian's baresip, or a SIPp that has none."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.protocol import LINE_RATE_HZ
from engine.settings import SipAccount
from tests.fakes.sip.baresip_peer import RATE_HZ, Manners, baresip_peer
from tests.fakes.sip.certificates import NAME, Certificates
from tests.fakes.sip.line_harness import LineHouse
from tests.fakes.sip.programs import PATIENCE_S, free_port, until
from tests.fakes.sip.sipp import sipp
from tests.fakes.sip.sipp_steps import answer, be_hung_up, refuse, scenario, sdp
from tests.fakes.sip.tones import seconds_of, tone

pytestmark = pytest.mark.long

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


def test_a_server_that_answers_for_itself_alone_is_not_talked_to(
    house: LineHouse, tmp_path: Path, pems: Certificates
):
    shown = self_signed(tmp_path)
    with baresip_peer(tmp_path, Manners(encryption="srtp-mand", certificate=shown)) as far:
        with house.line(far.uri, TLS, sip={"ca_file": str(pems.authority)}) as line:
            assert line.ended.reason == "rejected"
            assert "certificate" in line.ended.detail
        assert not far.saw("CALL_INCOMING")
        with house.line(far.uri, TLS, sip={"ca_file": str(shown)}) as line:  # nothing else was wrong with it
            line.until_state("answered")


def test_a_server_without_any_certificate_is_not_talked_to(house: LineHouse, pems: Certificates):
    with AnonymousServer() as far:
        assert far.whoever_asks_for_no_certificate_is_served()
        uri = f"sip:peer@localhost:{far.port};transport=tls"
        with house.line(uri, TLS, sip={"ca_file": str(pems.authority)}) as line:
            assert line.ended.reason == "rejected"
            assert line.gone() == 0
        assert far.refused and far.received == b""


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


def self_signed(folder: Path) -> Path:
    """A certificate for the right name that no authority has signed, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    names = x509.SubjectAlternativeName(
        [x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "self-signed.pem"
    pem = serialization.Encoding.PEM
    own = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(own + certificate.public_bytes(pem))
    file.chmod(0o600)
    return file


class AnonymousServer:
    """TLS without a certificate (anonymous key exchange), which encrypts and proves nothing."""

    def __init__(self) -> None:
        self.received = b""
        self.refused: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> AnonymousServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_S)

    def whoever_asks_for_no_certificate_is_served(self) -> bool:
        """Whether a careless client is let in: else what others are refused would prove nothing."""
        context = _anonymous(ssl.PROTOCOL_TLS_CLIENT)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE_S)
        with plain, context.wrap_socket(plain) as secured:
            return secured.cipher() is not None

    def _serve(self) -> None:
        context = _anonymous(ssl.PROTOCOL_TLS_SERVER)
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return  # it is closed
            with plain:
                plain.settimeout(PATIENCE_S)
                try:
                    with context.wrap_socket(plain, server_side=True) as secured:
                        self.received += secured.recv(4096)
                except OSError as error:
                    self.refused.append(str(error))


def _anonymous(side: int) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # later ones know no anonymous key exchange
    context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    return context
