"""`call-thing cache …`: stored replies, looked at, thrown away, learnt from past calls; and what they were worth."""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import CallRefused, StateError
from engine.options import AsJson, Chosen, SettingsFile, StateDir
from engine.terminal import plain, say, show

if TYPE_CHECKING:
    from engine.cache_history import History
    from engine.settings import Settings
    from engine.stores.replies import ReplyStore, StoredReply

cache_app = typer.Typer(no_args_is_help=True, help="Stored replies: list, inspect, forget, learn, count.")
EntryId = Annotated[str, typer.Argument(metavar="ID", help="Of a stored reply, as `cache list` shows it.")]
DASH = "–"
PATIENCE = 40  # times PAUSE_S, for the cache's word on a ForgetReply
PAUSE_S = 0.05


@cache_app.command("list")
def there_are(as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """List the stored replies, with how often and when they were served."""
    chosen = Chosen(settings, state_dir).settings
    entries, history = _entries(chosen), _history(chosen)
    rows = [_row(entry, history) for entry in entries]
    if as_json:
        show(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        where = f"{row['language']}  {row['state']}/{row['pending'] or DASH}"
        show(plain(f"{row['id']}  {where}  served {row['served']}, last {row['last_served'] or DASH}"))
        show(plain(f"    heard     {row['heard']}"))
        show(plain(f"    template  {row['template']}"))
    say(f"{len(rows)} stored replies")


@cache_app.command()
def inspect(
    entry: EntryId, as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None
) -> None:
    """Show all that is kept of one stored reply."""
    chosen = Chosen(settings, state_dir).settings
    found = next((each for each in _entries(chosen) if each.id == entry), None)
    if found is None:
        raise _unknown(entry)
    history = _history(chosen)
    row = {**_row(found, history), "expects": found.expects, "gist": found.gist, "task": found.task}
    row["served_at"] = history.served(entry)
    if as_json:
        show(json.dumps(row, ensure_ascii=False, indent=2))
        return
    for name, value in row.items():
        words = ", ".join(value) if isinstance(value, list) else str(value if value is not None else "")
        show(plain(f"{name:12} {words or DASH}"))


@cache_app.command()
def forget(
    entry: EntryId, as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None
) -> None:
    """Throw a stored reply away; where an engine runs, by asking it."""
    from engine.launch import address_of
    from engine.stores.opening import server_url

    chosen = Chosen(settings, state_dir)
    local = not server_url(chosen.settings, os.environ)
    if local and address_of(chosen.settings.state_path) is not None:
        forgotten = asyncio.run(_forget_in_engine(chosen, entry))
    else:
        forgotten = _forget_here(chosen.settings, entry)
    if not forgotten:
        raise _unknown(entry)
    if as_json:
        show(json.dumps({"id": entry, "forgotten": True}))
    else:
        say(f"forgot {entry}")


@cache_app.command("warm-up")
def warm_up(as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """Learn from the journals of past calls what they would have taught; what is stored already stays as it is."""
    chosen = Chosen(settings, state_dir).settings
    history = _history(chosen)
    known = {entry.id for entry in _entries(chosen)}
    new = [lesson for number, lesson in history.lessons.items() if number not in known]
    if new:
        with closing(_open(chosen)) as store:
            for lesson in new:
                store.put(lesson.situation, lesson.heard, lesson.template, lesson.expects, lesson.task)
    result = {
        "calls": history.calls,
        "learnt": len(new),
        "known": len(history.lessons) - len(new),
        "unreadable": history.unreadable,
    }
    if as_json:
        show(json.dumps(result))
    else:
        say(
            f"{result['calls']} calls: {result['learnt']} replies learnt, {result['known']} were known, "
            f"{result['unreadable']} journals could not be read"
        )


@cache_app.command()
def stats(as_json: AsJson = False, state_dir: StateDir = None, settings: SettingsFile = None) -> None:
    """Count hits and misses of past calls, and what the hits have spared."""
    history = _history(Chosen(settings, state_dir).settings)
    hits, misses = len(history.hits), len(history.misses)
    result = {
        "calls": history.calls,
        "hits": hits,
        "misses": misses,
        "hit_rate": round(hits / (hits + misses), 4) if hits + misses else None,
        "saved_ms": history.saved_ms(),
        "saved_usd": history.saved_usd(),
        "unreadable": history.unreadable,
    }
    if as_json:
        show(json.dumps(result))
        return
    for name, value in result.items():
        show(f"{name:12} {DASH if value is None else value}")


def _row(entry: StoredReply, history: History) -> dict[str, Any]:
    served = history.served(entry.id)
    return {
        "id": entry.id,
        "language": entry.language,
        "state": entry.state,
        "pending": entry.pending,
        "heard": entry.heard,
        "template": entry.template,
        "served": len(served),
        "last_served": served[-1] if served else None,
    }


def _history(chosen: Settings) -> History:
    from engine.cache_history import history_of

    return history_of(chosen.state_path / "journals")


def _entries(chosen: Settings) -> list[StoredReply]:
    from engine.stores.opening import local_folder, server_url

    if not server_url(chosen, os.environ) and not local_folder(chosen).exists():
        return []  # to look at nothing leaves nothing behind
    with closing(_open(chosen)) as store:
        return store.all()


def _forget_here(chosen: Settings, entry: str) -> bool:
    if not any(each.id == entry for each in _entries(chosen)):
        return False
    with closing(_open(chosen)) as store:
        return store.forget(entry)


def _open(chosen: Settings) -> ReplyStore:
    """The replies themselves. Raises StateError; also while an engine holds the folder."""
    from engine.statedir import is_held
    from engine.stores.embedder import chosen_embedder
    from engine.stores.opening import local_folder, open_server, server_url
    from engine.stores.replies import ReplyStore

    if server_url(chosen, os.environ):
        return open_server(chosen, os.environ)
    if is_held(chosen.state_path):
        raise StateError(
            f"{chosen.state_path}: the engine that runs there holds the stored replies. Stop it first "
            "(call-thing stop), or keep them on a Qdrant server (cache.url), which many may read. `cache stats` and "
            "`cache forget` work now."
        )
    return ReplyStore(local_folder(chosen), chosen_embedder(chosen.cache))


def _unknown(entry: str) -> CallRefused:
    return CallRefused(f"No stored reply has the id {entry!r}. `call-thing cache list` shows them.")


async def _forget_in_engine(chosen: Chosen, entry: str) -> bool:
    """Ask the running engine, and wait for its cache's word. Raises NoEngine, CallRefused."""
    from engine.errors import NoEngine
    from engine.launch import engine_client
    from engine.protocol import Accepted, ForgetReply, ReplyForgotten

    async with engine_client(chosen.settings, chosen.arguments, lambda _: None) as client:
        await client.request(ForgetReply(source=entry), Accepted)
        for _ in range(PATIENCE):
            for _, message in client.drain():
                if isinstance(message, ReplyForgotten) and message.source == entry:
                    return message.done
            await asyncio.sleep(PAUSE_S)
    raise NoEngine("The engine's cache has not answered. Is the room running? `call-thing doctor` tells.")
