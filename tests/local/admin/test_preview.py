"""What would happen to somebody, by the rules of the flows: it is shown, and nothing happens."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest

import wiring
from lifecycle.accounts import Account
from local.admin.foresight import Foresight, foresee, foresee_group
from local.admin.settings_file import wired
from local.admin.shown import Failed
from local.stand_in.sample_people import MANAGED_GROUP_NAME, NOOR_LOGIN, OPERATORS_MAILBOX, PEOPLE
from rows import accounts, catalog
from rows import members as member_rows
from settings import read_settings
from tests.triggers.health_scene import HealthScene, healthy

MAYA = next(person for person in PEOPLE if person.first_name == "Maya")
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@pytest.fixture
async def scene(tables_connection: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HealthScene]:
    for table in (accounts, catalog, member_rows):
        monkeypatch.setattr(table, "TABLE", f"T{uuid4().hex}")
    async with healthy(tables_connection, monkeypatch) as made:
        yield made


async def foreseen(scene: HealthScene, login: str = MAYA.login, **values: str) -> Foresight:
    async with wired(read_settings(scene.values | values)):
        return await foresee(login)


async def test_somebody_who_is_entitled_would_lose_the_direct_licenses_after_the_delay(scene: HealthScene) -> None:
    found = await foreseen(scene, DELAY_INTEGER="30", DELAY_INTERVAL_TYPE="day")

    assert (found.entitled, found.account, found.account_enabled) == (True, MAYA.email, True)
    assert found.why == f"the user is in {MANAGED_GROUP_NAME}"
    assert sorted(found.licenses_go) == ["Microsoft 365 E3", "Planner and Project Plan 3", "Visio Plan 2"]
    assert found.licenses_stay == ("Microsoft Power Automate Free",)
    assert found.go_at is not None
    assert abs(found.go_at - wiring.now() - timedelta(days=30)) < timedelta(hours=2)
    assert (found.hindrance, found.claimed_by, found.phase) == (None, (), None)


async def test_the_mail_is_shown_with_who_is_told(scene: HealthScene) -> None:
    found = await foreseen(scene)

    assert found.told == NOOR_LOGIN
    assert found.subject
    assert MAYA.display_name in found.subject
    assert "Microsoft 365 E3" in (found.mail or "")


async def test_without_a_manager_the_operators_are_told(scene: HealthScene) -> None:
    scene.org.user(MAYA.login).profile |= {"manager": None, "managerId": None}
    scene.tenant.user(MAYA.entra_user_id).manager_id = None

    assert (await foreseen(scene)).told == OPERATORS_MAILBOX


async def test_the_groups_own_delay_counts(scene: HealthScene) -> None:
    found = await foreseen(scene, GROUP_DELAYS=json.dumps({MANAGED_GROUP_NAME: "1 week"}))

    assert found.go_at is not None
    assert found.go_at - wiring.now() < timedelta(days=8)


async def test_with_the_catalogs_scope_only_cataloged_licenses_go(scene: HealthScene) -> None:
    found = await foreseen(scene, LICENSE_SCOPE="catalog")

    assert (found.licenses_go, len(found.licenses_stay)) == ((), 4)


async def test_a_protected_account_would_stop_the_run(scene: HealthScene) -> None:
    found = await foreseen(scene, PROTECTED_LOGINS=MAYA.login)

    assert found.hindrance == "the account is listed in PROTECTED_LOGINS"


async def test_a_person_without_an_account_would_stop_the_run(scene: HealthScene) -> None:
    del scene.tenant.state.users[MAYA.entra_user_id]

    found = await foreseen(scene)

    assert (found.account, found.licenses_go) == (None, ())
    assert "no Microsoft 365 account" in (found.hindrance or "")


async def test_who_else_claims_the_account_is_named(scene: HealthScene) -> None:
    profile = {"login": "maya.second@contoso.com", "email": MAYA.email, "firstName": "Maya", "lastName": "Second"}
    second = scene.org.add_user(scene.org.new_user(profile))

    found = await foreseen(scene, second.id)

    assert found.claimed_by == (f"{MAYA.login} ({MAYA.okta_user_id})",)
    assert found.hindrance == "the account belongs to somebody else"


async def test_a_date_that_was_set_already_is_the_date(scene: HealthScene) -> None:
    date = wiring.now().replace(microsecond=0) + timedelta(days=3)
    known = Account(MAYA.entra_user_id, MAYA.email, MAYA.okta_user_id, "run-1", due_at=date)
    await (await wiring.tables()).upsert(accounts.TABLE, accounts.to_values(known))

    assert (await foreseen(scene)).go_at == date


async def test_everybody_in_a_group_is_looked_at(scene: HealthScene) -> None:
    async with wired(read_settings(scene.values)):
        found = [each async for each in foresee_group(MANAGED_GROUP_NAME)]

    assert {each.login for each in found} >= {MAYA.login}
    assert len(found) == len(scene.org.members(scene.org.group_named(MANAGED_GROUP_NAME)))


@pytest.mark.parametrize("login", ["nobody@contoso.com", ""])
async def test_somebody_whom_okta_does_not_know_cannot_be_foreseen(scene: HealthScene, login: str) -> None:
    with pytest.raises(Failed, match="Okta knows nobody"):
        await foreseen(scene, login)


async def test_a_group_that_does_not_exist_is_named(scene: HealthScene) -> None:
    async with wired(read_settings(scene.values)):
        with pytest.raises(Failed, match="'Interns'"):
            [each async for each in foresee_group("Interns")]


async def test_nothing_is_written_in_okta_or_in_the_tenant(scene: HealthScene) -> None:
    await foreseen(scene)

    requests = scene.org.controls.requests.since(0) + scene.tenant.controls.requests.since(0)
    assert requests
    written = [each for each in requests if each["method"] in WRITES and not each["path"].startswith("/oauth2/")]
    assert written == []
