"""No planted secret turns up anywhere, and no person in the log: after ordinary days, faults, attacks and mistakes."""

import json
import traceback
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables.aio import TableServiceClient

from settings import SettingsError, read_settings
from tests.local.host.running import PROJECT, run_to_end
from tests.security.conftest import PLANTED, STORAGE_KEY, SecuredCompany
from tests.stories.company import E3, OPERATORS, Person
from tests.stories.test_catching_up import catch_up

SECRETS = {**PLANTED, "TABLES_CONNECTION": STORAGE_KEY}
RARE_NAME = "Zyxanderella"


async def live_through_faults(company: SecuredCompany) -> list[Person]:
    """People who leave and come back, each with another trouble on the way."""
    people = [await company.hire(licenses={E3: set()}, name=f"{RARE_NAME}{each}") for each in "abcdef"]
    fine, unauthorized, forbidden, broken, dropped, unsent = people
    okta = [
        fault(f"/api/v1/users/{unauthorized.okta_user_id}$", status=401),
        fault(f"/api/v1/users/{broken.okta_user_id}/groups", status=500, empty_body=True),
        fault("/api/v1/logs", status=401),
    ]
    tenant = [
        fault(f"/users/{forbidden.login}", status=401),
        fault(f"/users/{broken.login}", status=500),
        {"kind": "drop", "match": {"path": f"/users/{dropped.login}"}, "times": 2},
        fault("/sendMail", status=403),
    ]
    (await company.okta.put("/control/faults", json=okta)).raise_for_status()
    (await company.tenant.put("/control/faults", json=tenant)).raise_for_status()
    for person in people:
        await company.leave(person)
    await company.settle()
    await catch_up(company)
    assert {(await stage(company, person)) for person in (unauthorized, forbidden)} == {"needs_attention"}
    for person in (fine, unsent):
        await company.join(person)
    await company.settle()
    return people


def fault(path: str, **trouble: Any) -> dict[str, Any]:
    return {"kind": "status", "match": {"path": path}, "times": 1, **trouble}


async def stage(company: SecuredCompany, person: Person) -> str:
    return str((await company.runs(person))[0]["customStatus"]["stage"])


async def attack(company: SecuredCompany) -> None:
    """What strangers, and operators who mistype, send."""
    secret = {"Authorization": PLANTED["OKTA_HOOK_SECRET"]}
    previous = {"Authorization": PLANTED["OKTA_HOOK_SECRET_PREVIOUS"]}
    async with company.stranger() as stranger:
        for wrong in ({}, {"Authorization": PLANTED["OKTA_HOOK_SECRET"] + "x"}, {"Authorization": "wrong"}):
            assert (await stranger.post("/api/okta/events", headers=wrong, json={})).status_code == 401
        for body in (b"", b"[", b'{"data": 1}', b"[" * 9000, b'{"data":{"events":[{"uuid":"a\\nb"}]}}', b"\xff"):
            await stranger.post("/api/okta/events", headers=secret, content=body)
        await stranger.get("/api/okta/events", headers=previous)
        await stranger.get(f"/api/licenses?code={PLANTED['OKTA_API_TOKEN']}x")
    await company.host.post("/api/licenses/store", content=b"{")
    await company.host.patch("/api/licenses/nobody/nothing", json={"assign": True})
    await company.host.get("/api/licenses?group=nobody")
    await company.host.get("/runtime/webhooks/durabletask/instances/nobody")


async def store_licenses(company: SecuredCompany) -> None:
    """Its answer says where the run is to be seen, and holds no key."""
    answer = await company.host.post("/api/licenses/store", json={})
    assert answer.status_code == 202
    assert (await company.host.get(answer.headers["Location"])).status_code in (200, 202)


async def rows_of_all_tables(company: SecuredCompany) -> dict[str, str]:
    found = {}
    async with TableServiceClient.from_connection_string(company.values["TABLES_CONNECTION"]) as service:
        async for table in service.list_tables():
            rows = [entity async for entity in service.get_table_client(table.name).list_entities()]
            found[f"the table {table.name}"] = repr(rows)
    return found


async def everything_kept_and_said(company: SecuredCompany) -> dict[str, str]:
    """Where a secret could turn up: logs, task hub, tables, the Durable API, every answer."""
    shown = {"showInput": "true", "showHistory": "true", "showHistoryOutput": "true"}
    instances = "/runtime/webhooks/durabletask/instances"
    for run in (await company.host.get(instances, params={"top": 1000})).json():
        await company.host.get(f"{instances}/{run['instanceId']}", params=shown)
    files = [*company.stack.data.glob("logs/*.log"), *company.stack.data.glob("host/hub.sqlite*")]
    found = {f"the file {file.name}": file.read_bytes().decode("utf-8", "replace") for file in files}
    return found | await rows_of_all_tables(company) | {"an answer": "\n".join(company.heard)}


async def test_no_secret_and_no_person_gets_out(company: SecuredCompany) -> None:
    people = await live_through_faults(company)
    await attack(company)
    await store_licenses(company)
    await company.settle()

    everything = await everything_kept_and_said(company)

    assert {"the file host.log", "the file hub.sqlite", "the table Members", "the table Audit"} <= set(everything)
    assert people[0].login in everything["the table Members"], "nothing was looked at"
    leaks = [(name, where) for where, text in everything.items() for name, secret in SECRETS.items() if secret in text]
    assert leaks == []

    assert people[0].login in everything["the file hub.sqlite"]
    kept_by_the_task_hub = "".join(
        text for where, text in everything.items() if where.startswith("the file hub.sqlite")
    )
    assert RARE_NAME not in kept_by_the_task_hub, "docs/security.md says that it keeps no display names"

    log = everything["the file host.log"]
    assert (await company.runs(people[0]))[0]["instanceId"] in log, "the log is not the one of these runs"
    named = [
        word for word in (RARE_NAME, RARE_NAME.lower(), "@contoso.com", people[0].manager, OPERATORS) if word in log
    ]
    assert named == [], [line for line in log.splitlines() if any(word in line for word in named)][:5]


def test_settings_that_are_refused_are_named_but_not_shown(tmp_path: Path) -> None:
    wrong = {
        "OKTA_ORG_URL": "https://admin:planted-password@contoso.okta.com",
        "OKTA_PRIVATE_KEY": "planted-private-key",
        "OKTA_HOOK_SECRET": "planted-5",
        "OKTA_HOOK_SECRET_PREVIOUS": "planted-\u20ac-not-ascii",
        "GRAPH_BASE_URL": "https://graph.microsoft.com/v1.0?sig=planted-signature",
        "MAIL_SENDER": "AccountKey=planted-key",
        "TABLES_CONNECTION": "planted-no-connection-string",
    }

    refused = run_to_end(PROJECT, tmp_path, **valid_settings() | wrong)

    assert refused.returncode != 0
    assert [name for name in wrong if name not in refused.stderr] == []
    assert "planted" not in refused.stdout + refused.stderr


def test_token_for_a_tenant_elsewhere_is_refused_and_not_shown() -> None:
    elsewhere = {"GRAPH_ACCESS_TOKEN": "planted-token", "GRAPH_BASE_URL": "https://graph.microsoft.com/v1.0"}

    with pytest.raises(SettingsError, match="GRAPH_ACCESS_TOKEN") as refused:
        read_settings(valid_settings() | elsewhere)

    assert "planted" not in "".join(traceback.format_exception(refused.value))


def valid_settings() -> dict[str, str]:
    values: dict[str, str] = json.loads((PROJECT / "local.settings.example.json").read_text())["Values"]
    return values
