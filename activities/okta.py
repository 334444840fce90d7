"""What Okta says about a person. Okta is only ever read."""

from datetime import datetime

import azure.durable_functions as df

import wiring
from activities import log_readings
from activities.activity import Call, StepFailed, activity
from activities.fence import known_account, owned_member
from clients.records import OktaUser
from lifecycle.accounts import FormerGroup
from lifecycle.entitlement import SUSPENDED, Entitlement, Group, UnknownStatus, judge_entitlement
from lifecycle.members import OPERATOR, Member
from lifecycle.readings import Reading, is_doubtful
from lifecycle.system_log import (
    OVERLAP,
    RETENTION,
    parse_page,
    removal_filter,
    since_text,
)
from rows import roster

bp = df.Blueprint()


async def read_person(okta_user_id: str) -> tuple[OktaUser | None, Entitlement]:
    """Read the user and the groups, and judge by them. Raises StepFailed for a status nothing follows from."""
    settings = wiring.settings()
    okta = await wiring.okta()
    user = await okta.read_user(okta_user_id)
    if user and user.id != okta_user_id:  # Okta takes a login for an id as well, and a forged event may hold one
        raise StepFailed(f"{okta_user_id!r} is no Okta user id but the login of {user.id}", permanent=True)
    groups = await okta.list_user_groups(okta_user_id) if user else []
    try:
        return user, judge_entitlement(
            user.status if user else None,
            [Group(group.id, group.name) for group in groups],
            settings.manages,
            deactivate_on_suspend=settings.deactivate_on_suspend,
            is_changing=user is not None and user.transitioning_to_status is not None,
        )
    except UnknownStatus as error:
        raise StepFailed(str(error), permanent=False) from error


@activity(bp)
async def read_entitlement(call: Call) -> Reading:
    """Whether the person is entitled now, why, which managed groups the person is in, and whether to look again."""
    member = await owned_member(call)
    _, entitlement = await read_person(call.okta_user_id)
    return Reading(entitlement, is_doubtful(entitlement, member.newest, call.at))


@activity(bp)
async def is_managed(call: Call, *, entitlement: Entitlement) -> bool:
    """Whether the person is any of our business: in a managed group now, or at the last nightly check, or leaving or
    joining one by the event, or with an account that we set out to change. A dry run sets out to change nothing:
    whoever it found managed has an account in the person's row, and that account has no row of its own. An operator
    who asks for it knows better than we do."""
    member = await owned_member(call)
    if member.newest is not None and member.newest.event_type.startswith(OPERATOR):
        return True
    if entitlement.groups or member.left_groups or member.joined:
        return True
    if await roster.is_on(await wiring.tables(), call.okta_user_id):
        return True
    account = await known_account(member)
    if account is None and member.entra_user_id is not None:
        return True
    is_gone = entitlement.status is None  # and the account may be somebody else's by now, which is decided later
    if account is not None and account.intent is not None and (is_gone or account.owner == call.okta_user_id):
        return True
    if entitlement.status is None:
        raise StepFailed(
            "the user is gone from Okta, and nothing is known that says whether the person was ever in a managed"
            " group; look at the account by hand, and discard",
            permanent=True,
        )
    return False


@activity(bp)
async def check_group_exists(call: Call) -> None:
    """Refuse when the group that was left is deleted in Okta, or is just being: that never counts as leaving it."""
    member = await owned_member(call)
    if member.group_id is None:
        return  # deactivated or deleted in Okta, which has nothing to do with a group
    if await is_deleted(member.group_id, member, call.at) and not await _leaves_as_suspended(call.okta_user_id):
        raise StepFailed(
            f"the managed group {member.group_name} was deleted in Okta, which does not count as leaving it;"
            " skip to deactivate this person all the same",
            permanent=True,
        )


async def _leaves_as_suspended(okta_user_id: str) -> bool:
    if not wiring.settings().deactivate_on_suspend:
        return False
    user = await (await wiring.okta()).read_user(okta_user_id)
    return user is not None and user.status == SUSPENDED


async def is_deleted(group_id: str, member: Member, at: datetime) -> bool:
    """Whether a group is deleted in Okta, or is just being: its removals are logged before the group is gone."""
    if await (await wiring.okta()).find_group(group_id) is None:
        return True
    is_of_event = group_id == member.group_id  # of any other one the row says only when it was left first
    return is_of_event and await log_readings.readings.find_deletion(group_id, member.published, at) is not None


async def former_groups_in_log(call: Call) -> list[FormerGroup]:
    """The managed groups a person was removed from, and when, as far back as Okta's log goes.

    Asked for beyond this instant: it is cut to the second, and Okta's clock may be ahead of ours.
    """
    okta, manages = await wiring.okta(), wiring.settings().manages
    asked = removal_filter(call.okta_user_id)
    since, until = since_text(call.at - RETENTION), since_text(call.at + OVERLAP)
    found = await okta.list_log_events(since=since, until=until, filter=asked)
    former: list[FormerGroup] = []
    while True:
        page = parse_page(found.events, found.next)
        if page.unreadable:  # it may be one of them
            raise StepFailed("Okta answered with an entry of its log that cannot be read", permanent=False)
        former += [
            FormerGroup(event.group_id, event.published)
            for event in page.events
            if event.group_id and manages(event.group_id, event.group_name)
        ]
        if page.next_link is None or not found.events:
            return former
        found = await okta.list_log_events(next_link=page.next_link)
