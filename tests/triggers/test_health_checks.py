"""One thing broken at a time: the checks name exactly that thing, and what to do about it."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import azure.functions as func
import pytest

import wiring
from lifecycle.events import EVENT_TYPES
from lifecycle.health import Check, Outcome
from local.stand_in.faults import FaultMatch, FaultRule
from local.stand_in.sample_people import MAIL_SENDER, MANAGED_GROUP_NAME
from rows import state
from tests.triggers.health_scene import HERE, ROLES, HealthScene, healthy, private_key
from triggers import health_checks as module
from triggers.health_checks import check_everything, health_checks
from triggers.health_details import show_health


@pytest.fixture
async def scene(tables_connection: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HealthScene]:
    async with healthy(tables_connection, monkeypatch) as made:
        yield made


async def told() -> dict[str, Check]:
    """What the checks do not find in order, by name."""
    checks = await check_everything(f"{HERE}/api/health/details?code=key")
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks if check.outcome is not Outcome.OK}


async def test_where_all_is_well_every_check_says_what_it_saw_and_nothing_has_to_be_done(scene: HealthScene) -> None:
    checks = await health_checks(HERE)

    assert [(check.outcome, check.cure) for check in checks] == [(Outcome.OK, None)] * len(checks)
    assert {check.name for check in checks} == {
        "Okta",
        "Okta permission okta.users.read",
        "Okta permission okta.groups.read",
        "Okta permission okta.logs.read",
        "Clock, against Okta",
        f"Managed group {MANAGED_GROUP_NAME}",
        "Okta event hook",
        "Microsoft Graph",
        *(f"Graph permission {role}" for role in ROLES if role != "Mail.Send"),
        "Clock, against Microsoft Graph",
        "Sender's mailbox",
        "Tables",
        "Catch-up",
        "Drift check",
    }


@dataclass(frozen=True)
class Breakage:
    """What somebody does wrong; the one check that tells of it, and words of what it found and of its cure."""

    break_it: Callable[[HealthScene], Awaitable[None]]
    name: str
    found: str
    cure: str
    outcome: Outcome = Outcome.FAILED


def fault(side: str, path: str, **fault: object) -> Callable[[HealthScene], Awaitable[None]]:
    async def switch_on(scene: HealthScene) -> None:
        rule = FaultRule.model_validate({"kind": "status", "match": FaultMatch(path=path), **fault})
        (scene.org if side == "okta" else scene.tenant).controls.faults.replace([rule])

    return switch_on


def without_scope(scope: str) -> Callable[[HealthScene], Awaitable[None]]:
    async def take(scene: HealthScene) -> None:
        assert scene.client.scopes
        scene.client.scopes.remove(scope)

    return take


def without_role(role: str) -> Callable[[HealthScene], Awaitable[None]]:
    return lambda scene: scene.grants(*(each for each in ROLES if each != role))


def set_to(**values: str) -> Callable[[HealthScene], Awaitable[None]]:
    return lambda scene: scene.reads(**values)


def clock_of(side: str, **off: float) -> Callable[[HealthScene], Awaitable[None]]:
    async def move(scene: HealthScene) -> None:
        clock = (scene.org if side == "okta" else scene.tenant).controls.clock
        clock.offset_seconds = timedelta(**off).total_seconds()

    return move


async def no_client(scene: HealthScene) -> None:
    await scene.reads(OKTA_CLIENT_ID="", OKTA_PRIVATE_KEY="", OKTA_API_TOKEN="00-revoked")


async def no_hook(scene: HealthScene) -> None:
    scene.org.state.hooks.clear()


async def hook_elsewhere(scene: HealthScene) -> None:
    scene.hook.channel.config.uri = "https://offstage-old.azurewebsites.net/api/okta/events"


async def hook_inactive(scene: HealthScene) -> None:
    scene.hook.status = "INACTIVE"


async def hook_unverified(scene: HealthScene) -> None:
    scene.hook.verification_status = "UNVERIFIED"


async def hook_with_fewer_types(scene: HealthScene) -> None:
    scene.hook.events.items = [each for each in EVENT_TYPES if each != "user.lifecycle.suspend"]


async def hook_with_a_filter_for_another_group(scene: HealthScene) -> None:
    expression = "event.target.?[type eq 'UserGroup' && id eq '00g9other9Group9999'].size()>0"
    condition = {"event": "group.user_membership.remove", "condition": {"expression": expression}}
    scene.hook.events.filter = {"type": "EXPRESSION_LANGUAGE", "eventFilterMap": [condition]}


async def no_mailbox(scene: HealthScene) -> None:
    scene.tenant.user(MAIL_SENDER).has_mailbox = False


async def catch_up_stands_still(scene: HealthScene) -> None:
    await scene.remembers(polled=timedelta(hours=3), drift=timedelta(hours=9))


async def drift_check_ends_early(scene: HealthScene) -> None:
    await scene.remembers(polled=timedelta(minutes=1), drift=timedelta(days=3))


async def drift_found(scene: HealthScene) -> None:
    await scene.remembers(polled=timedelta(minutes=1), drift=timedelta(hours=9), findings=4)


BREAKAGES: dict[str, Breakage] = {
    "Okta's token was revoked": Breakage(no_client, "Okta", "answered 401", "OKTA_API_TOKEN"),
    "Okta is down": Breakage(fault("okta", "/"), "Okta", "answered 503", "vendor's status"),
    "a scope was not granted": Breakage(
        without_scope("okta.logs.read"), "Okta permission okta.logs.read", "invalid_scope", "Grant the scope okta.logs"
    ),
    "the app may not read users": Breakage(
        fault("okta", "/users$", status=403),
        "Okta permission okta.users.read",
        "answered 403",
        "Read-only Administrator",
    ),
    "capitals in the group's name": Breakage(
        set_to(OFFICE_GROUP="Office 365 assignments"),
        "Managed group Office 365 assignments",
        "there is 'Office 365 Assignments'",
        "Write 'Office 365 Assignments'",
    ),
    "a letter too many in the group's name": Breakage(
        set_to(OFFICE_GROUP="Office 365 Asssignments"),
        "Managed group Office 365 Asssignments",
        "there is 'Office 365 Assignments'",
        "OFFICE_GROUP and GROUP_DELAYS",
    ),
    "a group that does not exist": Breakage(
        set_to(OFFICE_GROUP='["Office 365 Assignments", "Interns"]', GROUP_DELAYS='{"Interns": "1 week"}'),
        "Managed group Interns",
        "Okta has no group 'Interns'",
        "make the group",
    ),
    "no event hook": Breakage(no_hook, "Okta event hook", f"points to {HERE}", "offstage hook register"),
    "the event hook of an old app": Breakage(
        hook_elsewhere, "Okta event hook", "'Offstage' points to https://offstage-old", "offstage hook register"
    ),
    "the event hook is off": Breakage(hook_inactive, "Okta event hook", "is INACTIVE", "Activate it"),
    "the event hook was changed": Breakage(hook_unverified, "Okta event hook", "is UNVERIFIED", "offstage hook verify"),
    "an event type too few": Breakage(
        hook_with_fewer_types, "Okta event hook", "not subscribed to user.lifecycle.suspend", "Subscribe it"
    ),
    "a filter for another group": Breakage(
        hook_with_a_filter_for_another_group, "Okta event hook", "leaves out 00g2m365Abc9Qwe15d7", "Correct the filter"
    ),
    "the event hook cannot be seen": Breakage(
        without_scope("okta.eventHooks.read"),
        "Okta event hook",
        "cannot be seen with this token",
        "offstage hook status",
        Outcome.WARNING,
    ),
    "Okta's clock and ours differ": Breakage(
        clock_of("okta", minutes=11), "Clock, against Okta", "s ahead of this machine", "NTP"
    ),
    "the tenant's token has expired": Breakage(
        fault("graph", "/", status=401), "Microsoft Graph", "answered 401", "the app's identity"
    ),
    "the tenant is down": Breakage(
        fault("graph", "/", status=503), "Microsoft Graph", "answered 503", "vendor's status"
    ),
    "licenses cannot be removed": Breakage(
        without_role("LicenseAssignment.ReadWrite.All"),
        "Graph permission LicenseAssignment.ReadWrite.All",
        "not granted",
        "remove and assign licenses",
    ),
    "accounts cannot be disabled": Breakage(
        without_role("User.EnableDisableAccount.All"),
        "Graph permission User.EnableDisableAccount.All",
        "not granted",
        "admin consent",
    ),
    "sessions cannot be ended": Breakage(
        without_role("User.RevokeSessions.All"),
        "Graph permission User.RevokeSessions.All",
        "not granted",
        "setup-micro",
    ),
    "users cannot be read": Breakage(
        without_role("User.Read.All"), "Graph permission User.Read.All", "answered 403", "find accounts"
    ),
    "no mail may be sent": Breakage(without_role("Mail.Send"), "Sender's mailbox", "answered 403", "Mail.Send"),
    "the sender does not exist": Breakage(
        set_to(MAIL_SENDER="offbording@contoso.com"), "Sender's mailbox", "ErrorInvalidUser", "Give MAIL_SENDER"
    ),
    "the sender has no mailbox": Breakage(no_mailbox, "Sender's mailbox", "MailboxNotEnabled", "Exchange Online"),
    "the tenant's clock and ours differ": Breakage(
        clock_of("graph", minutes=-2), "Clock, against Microsoft Graph", "behind this machine", "NTP", Outcome.WARNING
    ),
    "catch-up stands still": Breakage(catch_up_stands_still, "Catch-up", "3 hours ago", "docs/operations.md"),
    "the drift check ends early": Breakage(drift_check_ends_early, "Drift check", "3 days ago", "members/reconcile"),
    "the drift check found something": Breakage(
        drift_found, "Drift check", "4 found 9 hours ago (past_due: 4)", "apply", Outcome.WARNING
    ),
    "a trial that goes on": Breakage(
        set_to(DRY_RUN="true"), "Dry run", "nothing is disabled", "Set DRY_RUN to false", Outcome.WARNING
    ),
    "nobody hears of anything": Breakage(
        set_to(OPERATORS_EMAIL=""),
        "Operators' mail",
        "OPERATORS_EMAIL is empty",
        "a mailbox that is read",
        Outcome.WARNING,
    ),
}


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
async def test_what_is_broken_is_named_with_its_cure_and_nothing_else_is(
    scene: HealthScene, breakage: Breakage
) -> None:
    await breakage.break_it(scene)

    found = await told()

    assert list(found) == [breakage.name]
    check = found[breakage.name]
    assert check.outcome is breakage.outcome
    assert breakage.found in check.found
    assert check.cure
    assert breakage.cure in check.cure


async def test_tables_that_cannot_be_reached_are_all_that_is_said_of_them(scene: HealthScene) -> None:
    gone = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", scene.values["TABLES_CONNECTION"])
    await scene.reads(TABLES_CONNECTION=gone)

    assert list(await told()) == ["Tables"]


async def test_a_hook_by_the_other_name_of_this_machine_leads_here(scene: HealthScene) -> None:
    scene.hook.channel.config.uri = "http://127.0.0.1:7071/api/okta/events"

    checks = await health_checks("http://localhost:7071")

    assert {check.outcome for check in checks} == {Outcome.OK}


async def answered() -> tuple[int, dict[str, object]]:
    function = show_health._function.get_user_function()
    response = await function(func.HttpRequest("GET", f"{HERE}/api/health/details", body=b""))
    return response.status_code, json.loads(response.get_body())


async def test_who_asks_again_within_seconds_gets_the_same_answer_and_okta_is_not_asked(scene: HealthScene) -> None:
    first = await health_checks(HERE)
    await no_hook(scene)
    scene.org.controls.requests.clear()

    one, other = await asyncio.gather(health_checks(HERE), health_checks(HERE))
    assert one == other == first
    assert scene.org.controls.requests.since(0) == []


async def test_what_was_found_a_while_ago_is_looked_at_anew(
    scene: HealthScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await health_checks(HERE)
    await no_hook(scene)
    monkeypatch.setattr(module, "FRESH_FOR", -1.0)

    assert {check.outcome for check in await health_checks(HERE)} == {Outcome.OK, Outcome.FAILED}


async def test_the_route_answers_200_while_no_check_fails(scene: HealthScene) -> None:
    await scene.reads(DRY_RUN="true")

    status, body = await answered()

    assert (status, body["outcome"]) == (200, "warning")


async def test_the_route_answers_503_when_a_check_fails_with_all_of_them(scene: HealthScene) -> None:
    await no_hook(scene)

    status, body = await answered()

    checks = body["checks"]
    assert isinstance(checks, list)
    assert (status, body["outcome"]) == (503, "failed")
    assert {"ok", "failed"} == {check["outcome"] for check in checks}
    assert all(set(check) == {"name", "outcome", "found", "cure"} for check in checks)


async def test_no_secret_is_in_an_answer_whatever_is_broken(scene: HealthScene) -> None:
    await no_client(scene)
    await scene.reads(GRAPH_ACCESS_TOKEN="a-token-that-nobody-may-see")

    text = json.dumps((await answered())[1])

    for secret in (
        "00-revoked",
        "a-token-that-nobody",
        "a-secret-of-the-event-hook",
        "AccountKey",
        private_key()[40:60],
    ):
        assert secret not in text


async def test_what_is_written_to_try_the_tables_is_read_by_nobody_else(scene: HealthScene) -> None:
    await health_checks()

    tables = await wiring.tables()
    assert [start async for start in state.every_noted(tables)] == []
    assert await state.find_counts(tables) is None
