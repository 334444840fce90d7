"""What is forgotten at night, and what is not."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from azure.durable_functions import OrchestrationRuntimeStatus as Status
from azure.functions.timer import TimerRequest

import wiring
from clients.tables import Tables
from lifecycle.system_log import Place
from rows import state
from settings import read_settings
from tests.triggers.test_okta_event_hook import ENVIRON
from triggers import purge

NOW = datetime.now(UTC).replace(microsecond=0)


@dataclass
class Run:
    created: datetime
    updated: datetime
    status: Status = Status.Completed


class FakeHost:
    """Lists at most 100 instances, as hosts do, in an order of its own."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.lists = 0
        self.broken = False

    def add(self, created_days: float, updated_days: float, status: Status = Status.Completed, name: str = "") -> str:
        instance = name or f"run-{len(self.runs)}"
        self.runs[instance] = Run(NOW - timedelta(days=created_days), NOW - timedelta(days=updated_days), status)
        return instance

    async def get_status_by(self, start: datetime, end: datetime, statuses: Sequence[Status]) -> list[Any]:
        if self.broken:
            raise Exception("The operation failed with an unexpected status code 503")
        self.lists += 1
        assert statuses, "without a status a host lists everything"
        found = [
            SimpleNamespace(instance_id=name, last_updated_time=run.updated)
            for name, run in self.runs.items()
            if start <= run.created <= end and run.status in statuses
        ]
        return found[:100]

    async def purge_instance_history(self, instance: str) -> Any:
        return SimpleNamespace(instances_deleted=int(self.runs.pop(instance, None) is not None))


@pytest.fixture
def host() -> FakeHost:
    return FakeHost()


@pytest.fixture(autouse=True)
def _own_table(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_settings(ENVIRON | {"HISTORY_DAYS": "30"})

    async def answer() -> Tables:
        return tables

    monkeypatch.setattr(state, "TABLE", f"T{uuid4().hex}")
    monkeypatch.setattr(wiring, "tables", answer)
    monkeypatch.setattr(wiring, "settings", lambda: found)


async def tick(host: FakeHost) -> None:
    function = purge.purge_histories._function.get_user_function().client_function
    await function(TimerRequest(past_due=False), host)


@pytest.mark.parametrize("status", [Status.Completed, Status.Failed, Status.Terminated, Status.Canceled])
async def test_finished_run_is_forgotten_when_its_days_are_over(host: FakeHost, status: Status) -> None:
    host.add(40, 31, status)
    kept = host.add(29, 29, status)

    await tick(host)

    assert list(host.runs) == [kept]


@pytest.mark.parametrize("status", [Status.Running, Status.Pending, Status.Suspended, Status.ContinuedAsNew])
async def test_run_that_is_not_over_is_kept_however_old(host: FakeHost, status: Status) -> None:
    kept = host.add(400, 400, status)

    await tick(host)

    assert list(host.runs) == [kept]


async def test_run_that_lived_long_and_ended_yesterday_is_kept(host: FakeHost) -> None:
    kept = host.add(60, 1)

    await tick(host)

    assert list(host.runs) == [kept]


async def test_list_that_is_cut_off_hides_nothing(host: FakeHost) -> None:
    for number in range(250):
        host.add(60 + number / 24, 1)  # long ago, but they ended just now: they fill the list and stay
    for number in range(250):
        host.add(90 + number / 24, 40, name=f"old-{number}")

    await tick(host)

    assert not [name for name in host.runs if name.startswith("old")]
    assert len(host.runs) == 250
    assert host.lists < 60


async def test_more_runs_of_one_second_than_a_list_holds_are_all_forgotten(host: FakeHost) -> None:
    for _ in range(350):
        host.add(60, 40)

    await tick(host)

    assert host.runs == {}


async def test_more_runs_of_one_second_than_a_list_holds_do_not_hold_up_the_night(host: FakeHost) -> None:
    for _ in range(150):
        host.add(60, 1)
    host.add(61, 40)

    await tick(host)

    assert len(host.runs) == 150


async def test_run_stays_while_the_system_log_may_bring_its_event_again(host: FakeHost, tables: Tables) -> None:
    read_to = NOW - timedelta(days=45)
    await state.store_place(tables, Place("link", read_to, polled_at=read_to), None)
    host.add(50, 46)
    kept = host.add(50, 44)

    await tick(host)

    assert list(host.runs) == [kept]


async def test_how_many_were_forgotten_is_logged(host: FakeHost, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "offstage")
    for _ in range(3):
        host.add(60, 40)

    await tick(host)

    assert "purged 3 histories" in caplog.text


async def test_host_that_does_not_answer_is_one_error_and_no_stack_trace(
    host: FakeHost, caplog: pytest.LogCaptureFixture
) -> None:
    host.broken = True

    await tick(host)

    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "Durable Functions was asked to list finished instances" in record.message
    assert record.exc_info is None
