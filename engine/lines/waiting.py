"""As whom we wait to be called, on a port of our own."""

from __future__ import annotations

from collections.abc import Mapping

from engine.errors import CallRefused, SettingsError
from engine.lines.accounts import LOOPBACK, check, how_to_get_one, named, strangers_are_kept_away
from engine.lines.passwords import password_of
from engine.settings import SipAccount, SipSettings
from engine.settings_checks import is_loopback
from engine.wiring import SipPlan


def waiting_account(name: str, sip: SipSettings) -> SipAccount:
    """As whom we wait to be called. Raises CallRefused or SettingsError; no secret is read.

    Who may call is the packet filter's business; what is offered to them is the account's.
    """
    local = is_loopback(sip.listen)
    account = LOOPBACK if local and not name else named(sip, name)
    if account is None:
        raise CallRefused(
            f"Without an account only peers on this machine (127.0.0.1) may call. {how_to_get_one()}"
        )
    if account.transport == "tls":
        raise SettingsError(
            "Who calls a line over TLS asks for its certificate, and it has none. "
            'Wait with an account whose transport is "udp" or "tcp", with encryption = "dtls".'
        )
    if local:
        return account
    if account.encryption == "sdes":
        raise SettingsError(
            f'The account\'s encryption "sdes" sends its keys over {account.transport} for everybody to read. '
            'Set encryption = "dtls", or "off" if you mean it, in call-thing.toml.'
        )
    strangers_are_kept_away()
    return account


def waiting_plan(port: int, account: SipAccount, sip: SipSettings, environment: Mapping[str, str]) -> SipPlan:
    """What a line process is told that waits to be called, with the password. Raises SettingsError."""
    check(account)
    return SipPlan(port=port, account=account, password=password_of(account, environment))
