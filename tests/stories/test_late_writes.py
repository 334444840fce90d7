"""A write whose answer never came is carried out after all, when the person is back already."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.stories import impatient_host
from tests.stories.company import E3, SWAY, VISIO, Company, Licenses, Person
from tests.stories.conftest import SETTINGS, RunningStack
from tests.stories.running_parts import LOOK_EVERY_S

LICENSED: Licenses = {E3: {SWAY}, VISIO: set()}
LONGER_THAN_THE_HOST_WAITS = 2.0  # seconds


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A company of its own, whose app soon gives up waiting for an answer."""
    data = tmp_path_factory.mktemp("late")
    with RunningStack(data, SETTINGS, host=impatient_host.__name__) as started:
        yield started


async def removal(company: Company, person: Person) -> dict[str, Any] | None:
    """The first request to change the licenses, as soon as there is one."""
    requests = await company.requests_about(person)
    return next((each for each in requests if each["path"].endswith("/assignLicense")), None)


async def test_removal_that_lands_when_the_person_is_back_is_made_good(company: Company) -> None:
    ada = await company.hire(licenses=LICENSED)
    await company.leave(ada)
    await company.settle()
    (run,) = await company.runs(ada)
    slow = {"kind": "latency", "seconds": LONGER_THAN_THE_HOST_WAITS, "times": 1}
    match = {"method": "POST", "path": f"{ada.entra_user_id}/assignLicense"}
    (await company.tenant.put("/control/faults", json=[slow | {"match": match}])).raise_for_status()

    await company.move(await company.until(run["customStatus"]["due_at"]))
    while await removal(company, ada) is None:
        await asyncio.sleep(LOOK_EVERY_S)
    await company.join(ada)
    while not (late := await removal(company, ada)) or late["ended_at"] is None:
        await asyncio.sleep(LOOK_EVERY_S)
    await company.pass_time(timedelta(hours=2))

    account = await company.account(ada)
    assert (account.enabled, account.direct) == (True, LICENSED)
    assert (await company.runs(ada))[-1]["output"]["phase"] == "active"
