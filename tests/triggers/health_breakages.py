"""What somebody does wrong, each with the one check that tells of it: tests/local/admin/test_doctor.py tries them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from lifecycle.events import EVENT_TYPES
from lifecycle.health import Outcome
from local.stand_in.faults import FaultMatch, FaultRule
from local.stand_in.sample_people import MAIL_SENDER
from tests.triggers.health_scene import HERE, ROLES, HealthScene


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
