"""The passwords of SIP accounts: from the environment or a file that only we can read, and never shown."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.errors import SettingsError
from engine.secret_file import secret_in
from engine.settings import SipAccount, SipSettings

MAX_PASSWORD = 256


def password_of(account: SipAccount, environment: Mapping[str, str]) -> str:
    """The account's password; "" where it has none. Raises SettingsError, which never shows it."""
    if account.password_env:
        password = environment.get(account.password_env, "")
        where = f"the environment variable {account.password_env}"
        if not password:
            raise SettingsError(
                f"The account's password is to be in {where}, which is not set where the engine was started. "
                f"Set it there, and start the engine again."
            )
    elif account.password_file:
        path = Path(account.password_file).expanduser()
        password, where = secret_in(path, "the account's password_file", "password", MAX_PASSWORD), str(path)
    else:
        return ""
    if not password.isprintable() or set(password) & set('"\\') or len(password) > MAX_PASSWORD:
        raise SettingsError(
            f'The password in {where} holds a ", a \\ or a control character, or has more than {MAX_PASSWORD} '
            "characters: the SIP stack cannot take it. Ask the provider for another one."
        )
    return password


def password_names(sip: SipSettings) -> set[str]:
    """Environment variables that no child process may have."""
    return {account.password_env for account in sip.accounts.values() if account.password_env}
