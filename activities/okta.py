"""What Okta says about a person. Okta is only ever read."""

import azure.durable_functions as df

import wiring
from activities.activity import Call, NotCurrent, StepFailed, activity
from activities.fence import change_member, owned_member
from lifecycle.entitlement import DEPROVISIONED, Entitlement, Group, UnknownStatus, judge_entitlement

bp = df.Blueprint()


async def current_entitlement(okta_user_id: str) -> Entitlement:
    """Read the user's status and groups, and judge by them. Raises StepFailed for a status nothing follows from."""
    settings = wiring.settings()
    okta = await wiring.okta()
    user = await okta.read_user(okta_user_id)
    if user and user.id != okta_user_id:  # Okta takes a login for an id as well, and a forged event may hold one
        raise StepFailed(f"{okta_user_id!r} is no Okta user id but the login of {user.id}", permanent=True)
    groups = await okta.list_user_groups(okta_user_id) if user and user.status != DEPROVISIONED else []
    try:
        return judge_entitlement(
            user.status if user else None,
            [Group(group.id, group.name) for group in groups],
            settings.manages,
            deactivate_on_suspend=settings.deactivate_on_suspend,
        )
    except UnknownStatus as error:
        raise StepFailed(str(error), permanent=False) from error


async def require_not_entitled(call: Call, left_group_id: str | None = None) -> None:
    """Raise NotCurrent if the person is entitled, or in the group whose licenses are to go, at this very moment.

    A step may have been retried for a day, or parked for weeks, since the flow read Okta.
    """
    entitlement = await current_entitlement(call.okta_user_id)
    if left_group_id in entitlement.group_ids or (left_group_id is None and entitlement.entitled):
        raise NotCurrent(entitlement.reason)


@activity(bp)
async def read_entitlement(call: Call) -> Entitlement:
    """Whether the person is entitled now, why, and which managed groups the person is in."""
    return await current_entitlement(call.okta_user_id)


@activity(bp)
async def check_group_exists(call: Call) -> None:
    """Refuse when the group that was left is gone from Okta: that never counts as everyone leaving it."""
    member = await owned_member(call)
    if member.group_id is None:
        return  # deactivated or deleted in Okta, which has nothing to do with a group
    okta = await wiring.okta()
    if await okta.find_group(member.group_id) is None:
        raise StepFailed(
            f"the managed group {member.group_name} was deleted in Okta, which does not count as leaving it;"
            " skip to deactivate this person all the same",
            permanent=True,
        )


@activity(bp)
async def find_manager(call: Call) -> None:
    """Find who is to be told, and remember it.

    Okta's `manager`, then `managerId`, as login or id, then the manager in Entra.
    """
    member = await owned_member(call)
    name, mail = await _manager_in_okta(call.okta_user_id) or await _manager_in_entra(member.entra_user_id)
    if (name, mail) != (member.manager_name, member.manager_mail):
        await change_member(call, manager_name=name, manager_mail=mail)


async def _manager_in_okta(okta_user_id: str) -> tuple[str | None, str | None] | None:
    okta = await wiring.okta()
    user = await okta.read_user(okta_user_id)
    for id_or_login in (user.manager, user.manager_id) if user else ():
        manager = await okta.read_user(id_or_login) if id_or_login else None
        if manager and manager.email and manager.status != DEPROVISIONED:
            return manager.full_name, manager.email
    return None


async def _manager_in_entra(entra_user_id: str | None) -> tuple[str | None, str | None]:
    if entra_user_id is None:
        return None, None
    graph = await wiring.graph()
    manager = await graph.read_manager(entra_user_id)
    return (manager.display_name, manager.mail) if manager and manager.mail else (None, None)
