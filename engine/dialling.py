"""The only door to a real line: calls and transfers go through here, and through here alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from engine.lines.dial_guard import key, may_dial
from engine.lines.sip_address import SipAddress
from engine.settings import DialSettings
from engine.stores.dialled import DialledStore


def let_out(address: SipAddress, now: datetime, rules: DialSettings, database: Path) -> None:
    """When this returns, the address may be dialled once, and that it is about to be is on the disk.

    now: with its time zone. Raises CallRefused with the guard's reason, StateError when it cannot be written down:
    then nothing may be dialled. May wait for the disk, or for whoever holds the database; so not in an event loop.
    """
    store = DialledStore(database)
    try:
        with store.alone():  # another engine must not count the same calls and dial as well
            refused = may_dial(address, now, rules, store.within_a_day(key(address), now))
            if refused is not None:
                raise refused
            store.add(key(address), now)
    finally:
        store.close()
