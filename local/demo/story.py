"""The story of the demo: Maya Lin leaves the managed group in Okta, and what happens to her Microsoft 365 account."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

import httpx

from local.demo.observer import Delivery, Observation, Observer
from local.demo.report import tell, tell_changes
from local.stack.ports import LOOPBACK, Ports
from local.stack.welcome import okta_headers
from local.stand_in.sample_people import MANAGED_GROUP_ID, MANAGED_GROUP_NAME, NOOR_LOGIN, PEOPLE

LOOK_EVERY_S = 0.1
GIVE_UP_AFTER_S = 60.0
MAYA = PEOPLE[0]


async def leave_and_watch(ports: Ports, values: Mapping[str, str]) -> tuple[list[Observation], Delivery | None]:
    """Let her leave, and watch until the run is over. Returns what was seen, from before the start to the end."""
    bearer = {"Authorization": f"Bearer {values['GRAPH_ACCESS_TOKEN']}"}
    async with (
        httpx.AsyncClient(base_url=values["OKTA_ORG_URL"], headers=okta_headers(values)) as okta,
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{ports.m365_tenant}", headers=bearer) as tenant,
        httpx.AsyncClient(base_url=f"http://{LOOPBACK}:{ports.host}") as host,
    ):
        observer = Observer(okta, tenant, host)
        observations = [Observation(0.0, await observer.account(MAYA.login), await observer.mails(NOOR_LOGIN))]
        started = time.monotonic()
        await _leave_group(okta)
        delivery = await _watch_delivery(observer, started)
        if delivery and delivery.started:
            await _watch_run(observer, delivery.started[0], observations, started)
        return observations, delivery


async def _leave_group(okta: httpx.AsyncClient) -> None:
    """https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/#tag/Group/operation/unassignUserFromGroup"""
    path = f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA.okta_user_id}"
    answer = (await okta.delete(path)).raise_for_status()
    what = f"removes {MAYA.display_name} from the group {MANAGED_GROUP_NAME!r}"
    tell(0.0, "HR", what, f"Okta: DELETE answered {answer.status_code}")


async def _watch_delivery(observer: Observer, started: float) -> Delivery | None:
    while time.monotonic() - started < GIVE_UP_AFTER_S:
        if delivery := await observer.delivery("group.user_membership.remove"):
            what = f"delivers the event, gets its answer {delivery.status} after {delivery.seconds * 1000:.0f} ms"
            tell(time.monotonic() - started, "Okta", what, "Okta: delivery log")
            return delivery
        await asyncio.sleep(LOOK_EVERY_S)
    return None


async def _watch_run(observer: Observer, instance_id: str, observations: list[Observation], started: float) -> None:
    while not observations[-1].run.is_over and time.monotonic() - started < GIVE_UP_AFTER_S:
        run = await observer.run(instance_id)  # first: what it says must already be visible in the tenant
        account, mails = await asyncio.gather(observer.account(MAYA.login), observer.mails(NOOR_LOGIN))
        observation = Observation(time.monotonic() - started, account, mails, run)
        if replace(observation, at=observations[-1].at) != observations[-1]:
            tell_changes(observations[-1], observation)
            observations.append(observation)
        await asyncio.sleep(LOOK_EVERY_S)
