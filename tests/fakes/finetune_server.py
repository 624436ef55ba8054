"""A server on loopback that speaks the vendor's files and fine-tuning jobs, and fails on request.

    async with FinetuneServer() as server:   # or: with running() as server, in a thread of its own
        server.url                           # http://127.0.0.1:PORT/v1

A job passes through its states one by one, each time it is asked for. Chat completions answer every question alike.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiohttp import web

KEY = "a-key-for-tests"
STATES = ("validating_files", "queued", "running", "succeeded")
RESULT = "ft:gpt-small:tests::1"


class FinetuneServer:
    """What it was sent is in `files` and `jobs`; `fail` says what goes wrong next."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[str, bytes]] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []  # method and path of every request
        self.fail: list[
            tuple[str, int, str]
        ] = []  # (part of "POST /v1/files", status, message), each used once
        self.lost: list[str] = []  # the same: it is done, and the answer is lost
        self.slow_s = 0.0
        self.bad_file = ""  # the jobs' error, when not empty: they fail in validation
        self.words = "Goodbye."  # of the chat
        self.url = ""
        self._asked_for: dict[str, int] = {}

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._gate], client_max_size=2**26)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_post("/v1/fine_tuning/jobs", self._begin)
        app.router.add_get("/v1/fine_tuning/jobs", self._list)
        app.router.add_get("/v1/fine_tuning/jobs/{job}", self._job)
        app.router.add_get("/v1/fine_tuning/jobs/{job}/events", self._events)
        app.router.add_post("/v1/chat/completions", self._chat)
        return app

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        what = f"{request.method} {request.path}"
        self.asked.append(what)
        await asyncio.sleep(self.slow_s)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return error(401, f"Incorrect API key provided: {request.headers.get('Authorization', '')[7:]}")
        for planned in self.fail:
            if planned[0] in what:
                self.fail.remove(planned)
                return error(planned[1], planned[2])
        response: web.StreamResponse = await handler(request)
        for lost in self.lost:
            if lost in what:
                self.lost.remove(lost)
                return error(502, "bad gateway")
        return response

    async def _upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField) and form["purpose"] == "fine-tune"
        number = f"file-{len(self.files) + 1}"
        self.files[number] = (file.filename, file.file.read())
        return web.json_response(
            {
                "id": number,
                "object": "file",
                "bytes": len(self.files[number][1]),
                "created_at": 1,
                "filename": file.filename,
                "purpose": "fine-tune",
                "status": "processed",
            }
        )

    async def _begin(self, request: web.Request) -> web.Response:
        asked = await request.json()
        if asked["training_file"] not in self.files:
            return error(400, f"invalid training_file: {asked['training_file']}")
        number = f"ftjob-{len(self.jobs) + 1}"
        self.jobs[number] = {
            "id": number,
            "object": "fine_tuning.job",
            "created_at": len(self.jobs) + 1,
            "error": None,
            "fine_tuned_model": None,
            "finished_at": None,
            "hyperparameters": {"n_epochs": "auto"},
            "model": asked["model"],
            "organization_id": "org-1",
            "result_files": [],
            "seed": 1,
            "status": STATES[0],
            "trained_tokens": None,
            "training_file": asked["training_file"],
            "validation_file": asked.get("validation_file"),
            "asked": asked,
        }
        return web.json_response(self.jobs[number])

    async def _list(self, request: web.Request) -> web.Response:
        latest = list(reversed(self.jobs.values()))
        return web.json_response({"object": "list", "data": latest, "has_more": False})

    async def _job(self, request: web.Request) -> web.Response:
        job = self.jobs.get(request.match_info["job"])
        if job is None:
            return error(404, "no such job")
        if self.bad_file:
            job |= {"status": "failed", "error": {"code": "invalid", "message": self.bad_file, "param": None}}
        elif job["status"] in STATES[:-1]:
            job["status"] = STATES[STATES.index(job["status"]) + 1]
            if job["status"] == "succeeded":
                job |= {"fine_tuned_model": RESULT, "trained_tokens": 1000, "finished_at": 9}
        return web.json_response(job)

    async def _events(self, request: web.Request) -> web.Response:
        job = self.jobs[request.match_info["job"]]
        told = [
            {
                "id": "event-1",
                "object": "fine_tuning.job.event",
                "created_at": 1,
                "level": "info",
                "message": f"The job is {job['status']}",
                "type": "message",
            }
        ]
        return web.json_response({"object": "list", "data": told, "has_more": False})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        """Says its words and hangs up."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        end_call = {
            "index": 0,
            "id": "call_1",
            "type": "function",
            "function": {"name": "end_call", "arguments": '{"reason": null}'},
        }
        deltas: list[tuple[dict[str, Any], str | None]] = [
            ({"role": "assistant", "content": self.words}, None),
            ({"tool_calls": [end_call]}, None),
            ({}, "tool_calls"),
        ]
        for delta, finish in deltas:
            choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
            await self._send(response, choices, None)
        await self._send(response, [], {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _send(self, response: web.StreamResponse, choices: list[Any], usage: Any) -> None:
        piece = {
            "id": "chat-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "tests",
            "choices": choices,
            "usage": usage,
        }
        await response.write(f"data: {json.dumps(piece)}\n\n".encode())


def error(status: int, message: str) -> web.Response:
    return web.json_response(
        {"error": {"message": message, "type": "t", "param": None, "code": None}}, status=status
    )


@contextmanager
def running() -> Iterator[FinetuneServer]:
    """A server in a thread of its own, on any free port of loopback."""
    server, loop = FinetuneServer(), asyncio.new_event_loop()
    ready = threading.Event()
    ending = asyncio.Event()

    async def serve() -> None:
        runner = web.AppRunner(server.application())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        assert runner.addresses
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        ready.set()
        await ending.wait()
        await runner.cleanup()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
        loop.close()
