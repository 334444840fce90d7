"""HTTP triggers: which function a request is for, and the way of requests and responses through the SDK's types."""

import json
from collections.abc import Iterable

from aiohttp import web
from azure.functions.http import HttpRequest, HttpResponseConverter

from local.host.keys import ANONYMOUS, has_key, refusal
from local.host.loading import App, AppFunction
from local.host.routes import Route, compile_route
from local.host.worker import Worker

# The Functions host itself adds these; a function's own values for them would contradict the body.
HOP_BY_HOP = frozenset({"content-length", "transfer-encoding", "connection"})


class HttpTriggers:
    def __init__(self, app: App, worker: Worker) -> None:
        self._worker = worker
        self._key = app.settings.key
        prefix = app.settings.route_prefix
        self.table: list[tuple[Route, AppFunction]] = [
            (compile_route(f"{prefix}/{function.route}", function.methods), function)
            for function in app.of_kind("http")
        ]
        self.table.sort(key=lambda entry: (entry[0].order, entry[0].template))

    async def answer(self, request: web.Request) -> web.Response:
        for route, function in self.table:
            values = route.match(request.method, request.rel_url.raw_path)
            if values is not None:
                if function.auth_level != ANONYMOUS and not has_key(request, self._key):
                    return refusal()
                return await self._run(function, request, values)
        return web.Response(status=404)

    async def _run(self, function: AppFunction, request: web.Request, values: dict[str, str]) -> web.Response:
        try:
            result = await self._worker.call(function, await to_function(request, values))
            return to_response(result)
        except Exception as fault:  # the host answers 500 for whatever a function raises or wrongly returns
            self._worker.log_fault("http", function.name, fault)
            return web.Response(status=500)


async def to_function(request: web.Request, route_values: dict[str, str]) -> HttpRequest:
    return HttpRequest(
        request.method,
        str(request.url),
        headers=_joined((name.lower(), value) for name, value in request.headers.items()),
        params=_joined((name, value) for name, value in request.query.items() if value),
        route_params=route_values,
        body_type="bytes",
        body=await request.read(),
    )


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Repeated names become one value with commas, as the worker receives them."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def to_response(result: object) -> web.Response:
    """What the worker and the host make of a function's return value; raises for what they refuse."""
    datum = HttpResponseConverter.encode(result, expected_type=None)
    if datum.type == "string":
        return _sniffed(datum.value)
    answer = datum.value
    response = web.Response(status=int(answer["status_code"].value), body=answer["body"].value)
    for name, value in answer["headers"].items():
        if name.lower() not in HOP_BY_HOP:
            response.headers[name] = value.value
    for cookie in answer["cookies"] or ():
        for morsel in cookie.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response


def _sniffed(text: str) -> web.Response:
    """The host takes text that is a JSON object with a `body` for a whole response."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or "body" not in found:
        return web.Response(text=text)
    body = found["body"] if isinstance(found["body"], str) else json.dumps(found["body"])
    code = found.get("statusCode") or found.get("status") or 200
    headers = {str(name): str(value) for name, value in (found.get("headers") or {}).items()}
    return web.Response(status=int(code), body=body.encode(), headers=headers)
