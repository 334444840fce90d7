"""The management API of Durable Functions over HTTP: for the SDK's client and for people, the same on both mounts."""

import asyncio
import json
import re
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import uuid4

from aiohttp import web

from local.host import management, status
from local.host.engine import Engine
from local.host.history import FINISHED, Status, execution_started, stamp
from local.host.host_settings import HostSettings
from local.host.instances import Effects, Instance
from local.host.keys import ask_for_key
from local.host.management import Query, Refused
from local.host.store import find_instance, history_events
from local.host.writer import Change

Answer = Callable[[web.Request, dict[str, str]], Awaitable[web.Response]]
PUBLIC_MOUNT = "/runtime/webhooks/durabletask"
RPC_MOUNT = "/durabletask"
DEFAULT_POLLING_SECONDS = 1.0
_ALLOWED_ID = re.compile(r"[^@/\\#?\x00-\x1f\x7f][^/\\#?\x00-\x1f\x7f]{0,255}")
_STATUSES = {entry.word.casefold(): entry for entry in Status}


class ManagementApi:
    def __init__(self, engine: Engine, settings: HostSettings, orchestrators: list[str]) -> None:
        self._engine = engine
        self._settings = settings
        self._orchestrators = sorted(orchestrators)
        self._routes: list[tuple[str, re.Pattern[str], Answer]] = [
            ("POST", _pattern(r"orchestrators/(?P<name>[^/]+)(/(?P<id>[^/]+))?"), self.start),
            ("GET", _pattern(r"instances/?"), self.list),
            ("DELETE", _pattern(r"instances/?"), self.purge_many),
            ("GET", _pattern(r"instances/(?P<id>[^/]+)"), self.get),
            ("DELETE", _pattern(r"instances/(?P<id>[^/]+)"), self.purge),
            ("POST", _pattern(r"instances/(?P<id>[^/]+)/raiseEvent/(?P<event>[^/]+)"), self.raise_event),
            ("POST", _pattern(r"instances/(?P<id>[^/]+)/restart"), self.restart),
            ("POST", _pattern(r"instances/(?P<id>[^/]+)/(?P<act>terminate|suspend|resume|rewind)"), self.control),
            ("*", _pattern(r"entities(/.*)?"), self.entities),
        ]

    def add_to(self, server: web.Application) -> None:
        """The SDK's client is asked for no key: the real host listens for it on a port of its own, for this machine."""
        server.router.add_route("*", PUBLIC_MOUNT + "/{path:.*}", ask_for_key(self.answer, self._settings.key))
        server.router.add_route("*", RPC_MOUNT + "/{path:.*}", self.answer)

    async def answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        for method, pattern, answer in self._routes:
            match = pattern.fullmatch(path)
            if match and method in (request.method, "*"):
                try:
                    return await answer(request, {key: value for key, value in match.groupdict().items() if value})
                except Refused as refused:
                    return error(refused.status, str(refused), refused.kind)
                except sqlite3.Error as fault:
                    return error(500, f"The task hub cannot be used now: {fault}", type(fault).__name__)
        return web.Response(status=404)

    async def start(self, request: web.Request, names: dict[str, str]) -> web.Response:
        query = _query(request)
        name = names["name"]
        instance_id = names.get("id", uuid4().hex)
        if name.casefold() not in self._engine.registry.orchestrators:
            known = ", ".join(f"'{known}'" for known in self._orchestrators)
            raise Refused(
                400,
                f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function."
                f" Additional info: The following are the known orchestrator functions: {known}.",
            )
        if not _ALLOWED_ID.fullmatch(instance_id):
            raise Refused(
                400, "Instance ids have 1 to 256 characters, do not start with @ and have no / \\ # ? in them."
            )
        started = execution_started(
            stamp(self._engine.clock.now()),
            name=name,
            input_text=await _json_body(request),
            instance_id=instance_id,
            execution_id=uuid4().hex,
            version=query.get("version", self._settings.default_version),
        )
        any_state = self._settings.any_state_overridable
        await self._change(lambda connection: management.start(connection, started, any_state=any_state))
        if "timeout" in query:
            return await self._wait(request, instance_id, query)
        return self._accepted(request, instance_id)

    async def _wait(self, request: web.Request, instance_id: str, query: Mapping[str, str]) -> web.Response:
        """`timeout` and `pollingInterval` are real seconds, whatever the clock says."""
        deadline = time.monotonic() + float(query["timeout"])
        pause = float(query.get("pollinginterval", DEFAULT_POLLING_SECONDS))
        while True:
            instance = await self._find(instance_id)
            if instance is not None and instance.status in FINISHED:
                code = 500 if instance.status is Status.FAILED else 200
                return web.json_response(status.parsed(instance.output), status=code)
            if time.monotonic() + pause > deadline:
                return self._accepted(request, instance_id)
            await asyncio.sleep(pause)

    def _accepted(self, request: web.Request, instance_id: str) -> web.Response:
        query = status.required_query(self._settings.hub_name, self._settings.key)
        urls = status.management_urls(f"{request.url.origin()}{PUBLIC_MOUNT}", instance_id, query)
        headers = {"Location": urls["statusQueryGetUri"], "Retry-After": "10"}
        return web.json_response(urls, status=202, headers=headers)

    async def get(self, request: web.Request, names: dict[str, str]) -> web.Response:
        query = _query(request)
        instance = await self._find(names["id"])
        if instance is None:
            return web.Response(status=404)
        show_input = _flag(query, "showinput", True)
        view = status.status_view(instance, show_input=show_input)
        if _flag(query, "showhistory") and instance.status is not Status.PENDING:
            events = await self._engine.hub.read(lambda connection: history_events(connection, instance.id))
            show_output = _flag(query, "showhistoryoutput")
            view["historyEvents"] = status.history_view(events, show_output=show_output, show_input=show_input)
        if instance.status not in FINISHED:
            headers = {"Location": str(request.url), "Retry-After": "5"}
            return web.json_response(view, status=202, headers=headers)
        failed = instance.status is Status.FAILED and _flag(query, "returninternalservererroronfailure")
        return web.json_response(view, status=500 if failed else 200)

    async def list(self, request: web.Request, _names: dict[str, str]) -> web.Response:
        query = _query(request)
        wanted = _instances_query(query, request.headers.get("x-ms-continuation-token", ""))
        found = await self._engine.hub.read(lambda connection: management.find_instances(connection, wanted))
        page = found[: wanted.top]
        show_input = _flag(query, "showinput")
        headers = {"x-ms-continuation-token": management.continuation(page)} if len(found) > len(page) else {}
        views = [status.status_view(instance, show_input=show_input) for instance in page]
        return web.json_response(views, headers=headers)

    async def raise_event(self, request: web.Request, names: dict[str, str]) -> web.Response:
        if request.content_type != "application/json":
            raise Refused(400, "Only application/json request content is supported")
        text = await _json_body(request)
        now = stamp(self._engine.clock.now())
        await self._change(
            lambda connection: management.raise_event(connection, names["id"], names["event"], text, now)
        )
        return web.Response(status=202)

    async def control(self, request: web.Request, names: dict[str, str]) -> web.Response:
        act = getattr(management, names["act"].lower())
        reason = _query(request).get("reason", "")
        now = stamp(self._engine.clock.now())
        await self._change(lambda connection: act(connection, names["id"], reason, now))
        return web.Response(status=202)

    async def restart(self, request: web.Request, names: dict[str, str]) -> web.Response:
        new_id = _flag(_query(request), "restartwithnewinstanceid", True)
        any_state = self._settings.any_state_overridable
        now = stamp(self._engine.clock.now())
        instance_id, effects = await self._engine.hub.write(
            lambda connection: management.restart(connection, names["id"], new_id=new_id, any_state=any_state, now=now)
        )
        self._engine.apply(effects)
        return self._accepted(request, instance_id)

    async def purge(self, _request: web.Request, names: dict[str, str]) -> web.Response:
        return _purged(await self._engine.hub.write(lambda connection: management.purge(connection, names["id"])))

    async def purge_many(self, request: web.Request, _names: dict[str, str]) -> web.Response:
        query = _query(request)
        if "createdtimefrom" not in query:
            raise Refused(400, "Please provide value for 'createdTimeFrom' parameter.")
        wanted = _instances_query(query, "")
        return _purged(await self._engine.hub.write(lambda connection: management.purge_matching(connection, wanted)))

    async def entities(self, _request: web.Request, _names: dict[str, str]) -> web.Response:
        raise Refused(501, "The local host does not support durable entities.", "System.NotImplementedException")

    async def _find(self, instance_id: str) -> Instance | None:
        return await self._engine.hub.read(lambda connection: find_instance(connection, instance_id))

    async def _change(self, change: Change[Effects]) -> None:
        self._engine.apply(await self._engine.hub.write(change))


def error(code: int, message: str, kind: str) -> web.Response:
    body = {"Message": message, "ExceptionMessage": message, "ExceptionType": kind, "StackTrace": ""}
    return web.json_response(body, status=code)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _query(request: web.Request) -> dict[str, str]:
    return {key.lower(): value for key, value in request.query.items()}


def _flag(query: Mapping[str, str], name: str, default: bool = False) -> bool:
    return query[name].lower() == "true" if name in query else default


async def _json_body(request: web.Request) -> str | None:
    body = await request.read()
    if not body.strip():
        return None
    try:
        return json.dumps(json.loads(body))
    except ValueError:
        raise Refused(400, "Invalid JSON content") from None


def _instances_query(query: Mapping[str, str], continuation: str) -> Query:
    words = [word.strip().casefold() for word in query.get("runtimestatus", "").split(",") if word.strip()]
    if unknown := [word for word in words if word not in _STATUSES]:
        raise Refused(400, f"Unknown runtimeStatus: {', '.join(unknown)}")
    return Query(
        created_from=_instant(query, "createdtimefrom", ""),
        created_to=_instant(query, "createdtimeto", "9999"),
        statuses=frozenset(_STATUSES[word] for word in words),
        prefix=query.get("instanceidprefix", ""),
        after=unquote(continuation),
        top=int(query.get("top", "100")) if query.get("top", "100").isdigit() else 100,
    )


def _instant(query: Mapping[str, str], name: str, default: str) -> str:
    if not query.get(name):
        return default
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError:
        raise Refused(400, f"{name} is not a date and time: {query[name]}") from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _purged(count: int) -> web.Response:
    return web.json_response({"instancesDeleted": count}) if count else web.Response(status=404)
