"""Whoever starts something by a route sees by that route's answer, and with the same key, how it goes on."""

import asyncio
from datetime import timedelta

from tests.stories.company import E3, Company


async def test_address_in_the_answer_tells_of_the_run_to_its_end(company: Company) -> None:
    started = await company.host.post("/api/licenses/store", json={})
    assert started.status_code == 202
    assert started.headers["Location"] == started.json()["statusQueryGetUri"]
    assert set(started.json()) == {"id", "statusQueryGetUri"}

    while (shown := await company.host.get(started.headers["Location"])).status_code == 202:
        await asyncio.sleep(0)

    assert (shown.status_code, shown.json()["runtimeStatus"]) == (200, "Completed")
    assert shown.json()["instanceId"] == started.json()["id"]


async def test_run_of_a_person_shows_where_it_is_and_nothing_of_its_input(company: Company) -> None:
    ada = await company.hire(licenses={E3: set()})
    await company.leave(ada)
    await company.settle()
    (run,) = await company.runs(ada)

    waiting = await company.host.get(f"/api/runs/{run['instanceId']}")
    assert (waiting.status_code, waiting.json()["customStatus"]["stage"]) == (202, "grace_period")
    assert ada.okta_user_id not in waiting.text

    await company.pass_time(timedelta(days=31))
    ended = await company.host.get(f"/api/runs/{run['instanceId']}")
    assert (ended.status_code, ended.json()["output"]) == (200, {"phase": "unlicensed", "reason": None})
    assert (await company.host.get("/api/runs/activation-unheard-of")).status_code == 404
