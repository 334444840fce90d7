"""A server that follows a script: it fails the test on any request out of order and on any that never came."""

import asyncio
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Answer:
    request: str
    status: int
    json: object
    body: bytes
    headers: tuple[tuple[str, str], ...]
    fault: str


@dataclass(frozen=True)
class Seen:
    request: str
    headers: dict[str, str]
    body: str
    port: int


class Script:
    """`answer("GET /path?query", …)` for each request in the order in which it must come."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self._unexpected: list[str] = []
        self._stop = asyncio.Event()
        self.seen: list[Seen] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self._server.make_url("/")).rstrip("/")

    def answer(
        self,
        request: str,
        json: object = None,
        *,
        status: int = 200,
        body: bytes = b"",
        headers: tuple[tuple[str, str], ...] = (),
        fault: str = "",
    ) -> None:
        """`fault` may be "hang" (never answers) or "drop" (closes the connection without a word)."""
        self._answers.append(Answer(request, status, json, body, headers, fault))

    async def __aenter__(self) -> Self:
        await self._server.start_server(access_log=None)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._server.close()
        assert not self._unexpected, f"unexpected requests: {self._unexpected}"
        assert not self._answers, f"requests that never came: {[answer.request for answer in self._answers]}"

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        line = f"{request.method} {request.raw_path}"
        assert request.transport is not None
        port: Any = request.transport.get_extra_info("peername")[1]
        self.seen.append(Seen(line, dict(request.headers), await request.text(), port))
        if not self._answers or self._answers[0].request != line:
            self._unexpected.append(line)
            return web.Response(status=418)
        return await self._play(request, self._answers.pop(0))

    async def _play(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        if answer.fault == "hang":
            await self._stop.wait()
        if answer.fault:
            assert request.transport is not None
            request.transport.abort()
        response = web.Response(status=answer.status, body=answer.body)
        if answer.json is not None:
            response = web.json_response(answer.json, status=answer.status)
        for name, value in answer.headers:
            response.headers.add(name, value)
        return response
