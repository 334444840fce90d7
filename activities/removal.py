"""Taking licenses away. What is taken is stored before it goes, so that exactly that can be given back."""

from collections.abc import Iterable
from dataclasses import replace

import azure.durable_functions as df

import wiring
from activities.accounts import is_made_again, last_look
from activities.activity import Call, LookAgain, StepFailed, activity
from activities.acts import is_dry_run, write_down
from activities.fence import Owned, change_member, owned_account, store_account, write_to_account
from activities.microsoft365 import assigned_licenses, find_present, present_account
from activities.okta import is_deleted
from clients.errors import NotAssigned, Rejected
from clients.records import EntraUser
from lifecycle import licenses
from lifecycle.accounts import with_former_groups
from lifecycle.catalog import given_only_by, givers
from lifecycle.entitlement import Group
from lifecycle.licenses import LicenseScope, Removal, RemovalPlan
from lifecycle.members import LeftGroup, Member, with_removed
from rows import catalog

bp = df.Blueprint()

ACCOUNT_DELETED = "nothing left to remove: the account was deleted"


async def _store_snapshot(call: Call, owned: Owned, snapshot: licenses.Snapshot) -> Owned:
    """Store what can be given back, and read it back before anything is taken away."""
    text = licenses.to_json(snapshot)
    stored = await store_account(call, owned, replace(owned.account, snapshot=text))
    if not owned.member.dry_run and (await owned_account(call)).account.snapshot != text:
        raise StepFailed("the snapshot of the licenses did not read back as it was stored", permanent=False)
    return stored


@activity(bp)
async def record_snapshot(call: Call) -> None:
    """Store the licenses as they are; what an earlier run took and nobody gave back stays in the snapshot."""
    owned = await owned_account(call)
    present = assigned_licenses(await present_account(owned.member))
    await _store_snapshot(call, owned, licenses.merge_snapshot(licenses.from_json(owned.account.snapshot), present))


@activity(bp)
async def prepare_removal(call: Call) -> RemovalPlan:
    """Decide which licenses go, and store in the snapshot that they are taken, before the first one goes.

    What only some groups give is owed to those. The licenses of an account that somebody deleted count as taken too:
    they went with it. Raises LookAgain when it was made again since: nobody has disabled what the person has now.
    """
    owned = await owned_account(call)
    account = await find_present(owned.member)
    if account is None:
        await _look_again_if_made_again(call, owned.member)
    known = licenses.from_json(owned.account.snapshot)
    present = assigned_licenses(account) if account else licenses.not_taken(known)
    entries = await catalog.read(await wiring.tables())
    cataloged = frozenset(entry.sku_id for entry in entries)
    plan = licenses.plan_removal(present, wiring.settings().license_scope, cataloged)
    former = with_former_groups(owned.account.former_groups, owned.member.left_groups)
    owed_to = givers(entries, frozenset(group.group_id for group in former))
    snapshot = licenses.merge_snapshot(known, present)
    # Whoever takes the person over before the mail has nothing left to remove, and tells the manager of these.
    with_groups = (sku_id for group in owned.member.left_groups for sku_id in group.removed)
    untold = tuple(dict.fromkeys((*owned.account.untold, *with_groups, *plan.remove)))
    owned = replace(owned, account=replace(owned.account, untold=untold))
    await _store_snapshot(call, owned, licenses.mark_taken(snapshot, plan.remove, owed_to))
    return plan


@activity(bp)
async def prepare_removal_for_left_group(
    call: Call, *, left_group: LeftGroup, remaining: tuple[Group, ...]
) -> RemovalPlan:
    """As `prepare_removal`, for what goes with one group: cataloged for it, and for none of the groups that remain.

    Nothing goes with a group that was deleted in Okta since, or was just being when its removals came: nobody left it.
    What a displaced run took is planned again, so that the manager is told of it.
    """
    owned = await owned_account(call)
    if await is_deleted(left_group.group_id, owned.member, call.at):
        return RemovalPlan((), (), ())
    present = assigned_licenses(await present_account(owned.member))
    entries = await catalog.read(await wiring.tables())
    cataloged = given_only_by(entries, left_group.group_id, frozenset(group.id for group in remaining))
    plan = licenses.plan_removal(present, LicenseScope.CATALOG, cataloged)
    snapshot = licenses.merge_snapshot(licenses.from_json(owned.account.snapshot), present)
    owed_to = dict.fromkeys(plan.remove, (left_group.group_id,))
    await _store_snapshot(call, owned, licenses.mark_taken(snapshot, plan.remove, owed_to))
    removed = tuple(dict.fromkeys((*left_group.removed, *plan.remove)))
    await change_member(call, left_groups=with_removed(owned.member.left_groups, left_group.group_id, removed))
    inherited = tuple(sku_id for sku_id in plan.inherited if sku_id in cataloged)
    return RemovalPlan(removed, inherited, out_of_scope=())


@activity(bp)
async def remove_licenses(call: Call, *, remove: tuple[str, ...], left_group_id: str | None = None) -> Removal:
    """Remove the planned licenses that are still directly assigned; say which went, and why the others did not."""
    owned = await owned_account(call)
    member, account = owned.member, await find_present(owned.member)
    if account is None:
        await _look_again_if_made_again(call, member)
        await write_down(call, member, "remove_licenses", ACCOUNT_DELETED, ", ".join(remove), sku_ids=remove)
        return Removal((), {}, account_deleted=True)
    await last_look(call, owned, account, left_group_id=left_group_id)
    assigned = _direct(account, remove)
    refused = await _remove(call, member, assigned) if assigned else {}
    if is_dry_run(member):
        return Removal(remove, {})
    unsettled = [sku_id for sku_id in _direct(await present_account(member), remove) if sku_id not in refused]
    if unsettled:
        raise StepFailed(f"{', '.join(unsettled)} still read as assigned after they were removed", permanent=False)
    return Removal(tuple(sku_id for sku_id in remove if sku_id not in refused), refused)


@activity(bp)
async def remove_refused_licenses(call: Call, *, remove: tuple[str, ...], left_group_id: str | None = None) -> None:
    """Remove what the tenant refused to remove before. Refused again, it needs a person."""
    owned = await owned_account(call)
    account = await find_present(owned.member)
    if account is None:
        return  # nothing is left to remove
    await last_look(call, owned, account, left_group_id=left_group_id)
    assigned = _direct(account, remove)
    refused = await _remove(call, owned.member, assigned) if assigned else {}
    if refused:
        raise StepFailed("; ".join(f"{sku_id}: {reason}" for sku_id, reason in refused.items()), permanent=True)


async def _look_again_if_made_again(call: Call, member: Member) -> None:
    """Nobody has disabled what the person has now under the name of the account that is gone."""
    if await is_made_again(call):
        raise LookAgain(f"the account {member.user_principal_name} was deleted and made again")


def _direct(account: EntraUser | None, sku_ids: Iterable[str]) -> list[str]:
    """Those that are directly assigned; none once the account is gone."""
    licenses_now = assigned_licenses(account) if account else ()
    direct = {license.sku_id for license in licenses_now if license.direct}
    return [sku_id for sku_id in sku_ids if sku_id in direct]


async def _remove(call: Call, member: Member, sku_ids: list[str]) -> dict[str, str]:
    """Remove them in one request, since plans may depend on each other; if that is refused, one by one.

    Returns the reason for each that was refused.
    """
    graph = await wiring.graph()
    account = member.entra_user_id or ""

    async def remove(some: list[str]) -> None:
        await write_to_account(
            call,
            "remove_licenses" if len(some) > 1 else f"remove_license-{some[0]}",
            lambda: graph.assign_license(account, remove=some),
            ", ".join(some),
            sku_ids=some,
        )

    try:
        await remove(sku_ids)
        return {}
    except NotAssigned:
        pass  # the read was stale for at least one of them, so each is asked for alone
    except Rejected as error:
        if len(sku_ids) == 1:
            return {sku_ids[0]: str(error)}
    refused = {}
    for sku_id in sku_ids:
        try:
            await remove([sku_id])
        except NotAssigned:
            continue  # gone already, which is what was wanted
        except Rejected as error:
            refused[sku_id] = str(error)
    return refused
