"""What doctor looks for on behalf of real lines. Nothing is dialled, and nobody is asked anything over the network."""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
import sys

from engine.doctor import Fix, Missing, Question
from engine.errors import SettingsError
from engine.lines.real_time import REAL_TIME_PRIORITY
from engine.settings import Settings

PROBE_TIMEOUT_S = 10
PRIORITY_PROBE = f"import os; os.sched_setscheduler(0, os.SCHED_RR, os.sched_param({REAL_TIME_PRIORITY}))"
LINUX_ALONE = "nothing brings it; on this system only SIP peers on this machine are called"


def questions(settings: Settings) -> list[Question]:
    """Everything that a call over SIP needs, or is better with."""
    certificates = Fix("sudo apt-get install ca-certificates", "brew install ca-certificates")
    bring_priority = Fix(
        f"sudo sh -c 'echo \"'$USER' - rtprio {REAL_TIME_PRIORITY}\" > /etc/security/limits.d/call-thing.conf', "
        f"and log in again (systemd: LimitRTPRIO={REAL_TIME_PRIORITY}, containers: --cap-add SYS_NICE)",
        "nothing brings it; calls work, with more gaps while the machine is busy",
    )
    return [
        Question("sip accounts", "calling anybody beyond this machine", "sometimes",
                 Fix.everywhere("add [sip.accounts.NAME] to call-thing.toml, then: call-thing accounts"), _accounts),
        Question("sip address", "receiving SIP and its audio", "sometimes",
                 Fix.everywhere("set sip.listen to an address of this machine, sip.port to a free port or 0"),
                 _address),
        Question("sip certificates", "verifying SIP servers on TLS", "sometimes", certificates, _certificates),
        Question("packet filter", "keeping strangers away from the SIP port", "sometimes",
                 Fix("run it on Linux, with kernel support for socket filters", LINUX_ALONE), _filter),
        Question("real-time priority", "even audio on real lines while the machine is busy", "sometimes",
                 bring_priority, _priority),
    ]  # fmt: skip


def _accounts(settings: Settings) -> str:
    from engine.lines.accounts import trouble

    accounts = settings.sip.accounts
    if not accounts:
        raise Missing("none; SIP peers on this machine need none")
    for name, account in accounts.items():
        if words := trouble(account, settings.sip, os.environ):
            raise Missing(f"{name}: {words}")
    told = [
        f"{name} ({account.transport}, encryption {account.encryption})" for name, account in accounts.items()
    ]
    return f"{', '.join(told)}; passwords found where there are any"


def _address(settings: Settings) -> str:
    sip = settings.sip
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(sip.listen).version == 6 else socket.AF_INET
    except ValueError:
        raise Missing(f"sip.listen is {sip.listen}, which is no IP address") from None
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(family, kind) as sock:
            try:
                if kind == socket.SOCK_STREAM:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind((sip.listen, sip.port))
            except OSError as error:
                raise Missing(f"{sip.listen}, port {sip.port or 'any'}: {error.strerror}") from None
    return f"{sip.listen}, port {sip.port or 'any'}"


def _certificates(settings: Settings) -> str:
    from engine.lines.accounts import ca_bundle

    try:
        return str(ca_bundle(settings.sip))
    except SettingsError as error:
        raise Missing(str(error)) from None


def _filter(settings: Settings) -> str:
    from engine.lines import socket_filter

    if not socket_filter.available():
        raise Missing("this system has none")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            socket_filter.attach(sock.fileno(), socket_filter.LOOPBACK)
        except OSError as error:
            raise Missing(f"refused by the kernel ({error.strerror})") from None
    return "the kernel drops packets from addresses that are not in sip.allowed_peers"


def _priority(settings: Settings) -> str:
    """In a process of its own, which has nothing to delay."""
    command = [sys.executable, "-c", PRIORITY_PROBE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["unknown"])[-1]
        raise Missing(f"not allowed here ({reason.rpartition(': ')[2].rpartition('] ')[2]})")
    return f"SCHED_RR, priority {REAL_TIME_PRIORITY}"
