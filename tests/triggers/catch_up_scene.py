"""A System Log of our own making, and everything else that catch-up has to do with."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest
from azure.functions.timer import TimerRequest

import wiring
from clients.records import LogPage, OktaGroup
from clients.tables import Tables
from lifecycle import system_log
from lifecycle.system_log import Place
from rows import state
from settings import read_settings
from tests.triggers.durable_client import FakeDurableClient
from tests.triggers.test_okta_event_hook import ENVIRON, PAYLOADS
from triggers import catch_up, managed_groups

REMOVAL = json.loads(Path(PAYLOADS, "membership_remove.json").read_text())["data"]["events"][0]


def removal(number: int) -> dict[str, Any]:
    text = json.dumps(REMOVAL).replace("d41c7e80", f"{number:08x}").replace("00u7new3", f"00u{number:05}")
    event: dict[str, Any] = json.loads(text)
    return event


def run_of(number: int) -> str:
    return f"staged_deactivation-{removal(number)['uuid']}"


class FakeOkta:
    """A log of pages: `next` is the number of the page to ask for, and every page has one."""

    def __init__(self, *pages: list[Any]) -> None:
        self.pages = list(pages)
        self.asked: list[str] = []
        self.faults: dict[int, Exception] = {}  # by the number of the request
        self.no_next = False
        self.looked_for: list[str] = []
        self.group_fault: Exception | None = None
        self.groups = ["Office 365 Assignments"]

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        self.looked_for.append(name_or_id)
        if self.group_fault:
            raise self.group_fault
        return OktaGroup(f"00g{name_or_id}", name_or_id) if name_or_id in self.groups else None

    async def list_groups(self, at_most: int) -> list[OktaGroup]:
        return [OktaGroup(f"00g{name}", name) for name in self.groups]

    async def list_log_events(self, *, next_link: str | None = None, since: str | None = None, **more: Any) -> LogPage:
        self.asked.append(next_link or f"since {since}")
        if fault := self.faults.get(len(self.asked)):
            raise fault
        if next_link is None:
            assert more == {"filter": system_log.FILTER, "limit": catch_up.PAGE_SIZE}
        at = int(next_link or 0)
        events = self.pages[at] if at < len(self.pages) else []
        return LogPage(events, None if self.no_next else str(min(at + 1, len(self.pages))))


@dataclass
class Scene:
    """The log, the host and the stored place."""

    okta: FakeOkta
    client: FakeDurableClient
    tables: Tables
    caplog: pytest.LogCaptureFixture

    async def tick(self) -> None:
        function = catch_up.catch_up._function.get_user_function().client_function
        await function(TimerRequest(past_due=False), self.client)

    async def ask(self) -> tuple[int, Any]:
        """As an operator does. Returns the status and the answer."""
        request = func.HttpRequest("POST", "http://localhost/api/catch-up", body=b"")
        function = catch_up.catch_up_now._function.get_user_function().client_function
        response: func.HttpResponse = await function(request, self.client)
        return response.status_code, json.loads(response.get_body())

    async def stored(self) -> Place | None:
        found = await state.find_place(self.tables)
        return found.record if found else None

    async def put(self, next_link: str = "0", read_to: datetime | None = None) -> None:
        read_to = read_to or datetime.now(UTC) - timedelta(minutes=5)
        former = await state.find_place(self.tables)
        place = Place(next_link, read_to, polled_at=read_to)
        await state.store_place(self.tables, place, former.etag if former else None)

    async def noted(self) -> list[str]:
        """The runs for which events are noted."""
        return [start.instance async for start in state.every_noted(self.tables)]

    @property
    def errors(self) -> list[str]:
        records = [each for each in self.caplog.records if each.levelno >= logging.ERROR]
        return [each.message for each in records if each.name.startswith("offstage")]


def scene_of(tables: Tables, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Scene:
    """A scene that catch-up finds where it looks for its clients."""
    made = Scene(FakeOkta(), FakeDurableClient(), tables, caplog)
    found = read_settings(ENVIRON)
    monkeypatch.setattr(state, "TABLE", f"T{uuid4().hex}")
    monkeypatch.setattr(wiring, "okta", answering(made.okta))
    monkeypatch.setattr(wiring, "tables", answering(tables))
    monkeypatch.setattr(wiring, "settings", lambda: found)
    monkeypatch.setattr(managed_groups, "_looked_at", set())
    return made


def answering(built: Any) -> Callable[[], Awaitable[Any]]:
    async def answer() -> Any:
        return built

    return answer
