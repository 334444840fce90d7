"""Taking licenses away. What is taken is stored before it goes, so that exactly that can be given back."""

from collections.abc import Iterable

import azure.durable_functions as df

import wiring
from activities.activity import Call, StepFailed, activity
from activities.acts import carry_out, is_dry_run, write_down
from activities.fence import change_member, owned_member
from activities.microsoft365 import account_if_any, assigned_licenses, is_made_again, present_account
from activities.okta import require_not_entitled
from clients.errors import NotAssigned, Rejected
from clients.records import EntraUser
from lifecycle import licenses
from lifecycle.catalog import given_only_by
from lifecycle.entitlement import Group
from lifecycle.licenses import LicenseScope, Removal, RemovalPlan
from lifecycle.members import LeftGroup, Member
from rows import catalog

bp = df.Blueprint()

ACCOUNT_DELETED = "nothing left to remove: the account was deleted"


async def _store_snapshot(call: Call, snapshot: licenses.Snapshot) -> None:
    """Store what can be given back, and read it back before anything is taken away."""
    text = licenses.to_json(snapshot)
    await change_member(call, snapshot=text)
    if (await owned_member(call)).snapshot != text:
        raise StepFailed("the snapshot of the licenses did not read back as it was stored", permanent=False)


@activity(bp)
async def record_snapshot(call: Call) -> None:
    """Store the licenses as they are; what an earlier run took and nobody gave back stays in the snapshot."""
    member = await owned_member(call)
    present = assigned_licenses(await present_account(member))
    await _store_snapshot(call, licenses.merge_snapshot(licenses.from_json(member.snapshot), present))


@activity(bp)
async def prepare_removal(call: Call) -> RemovalPlan | None:
    """Decide which licenses go, and store in the snapshot that they are taken, before the first one goes.

    The licenses of an account that somebody deleted count as taken too: they went with it. None when the account was
    made again meanwhile, so that nobody has disabled what the person has now.
    """
    member = await owned_member(call)
    account = await account_if_any(member)
    if account is None and await is_made_again(call):
        return None
    known = licenses.from_json(member.snapshot)
    present = assigned_licenses(account) if account else licenses.not_taken(known)
    scope = wiring.settings().license_scope
    cataloged = await catalog.read(await wiring.tables()) if scope is LicenseScope.CATALOG else []
    plan = licenses.plan_removal(present, scope, frozenset(entry.sku_id for entry in cataloged))
    snapshot = licenses.merge_snapshot(known, present)
    await _store_snapshot(call, licenses.mark_taken(snapshot, plan.remove))
    return plan


@activity(bp)
async def prepare_removal_for_left_group(
    call: Call, *, left_group: LeftGroup, remaining: tuple[Group, ...]
) -> RemovalPlan:
    """As `prepare_removal`, for what goes with one group: cataloged for it, and for none of the groups that remain."""
    member = await owned_member(call)
    present = assigned_licenses(await present_account(member))
    tables = await wiring.tables()
    staying = [entry for group in remaining for entry in await catalog.read(tables, group.id)]
    cataloged = given_only_by(await catalog.read(tables, left_group.group_id), staying)
    plan = licenses.plan_removal(present, LicenseScope.CATALOG, cataloged)
    snapshot = licenses.merge_snapshot(licenses.from_json(member.snapshot), present)
    await _store_snapshot(call, licenses.mark_taken(snapshot, plan.remove, left_group=left_group.group_id))
    inherited = tuple(sku_id for sku_id in plan.inherited if sku_id in cataloged)
    return RemovalPlan(plan.remove, inherited, out_of_scope=())


@activity(bp)
async def remove_licenses(call: Call, *, remove: tuple[str, ...], left_group_id: str | None = None) -> Removal:
    """Remove the planned licenses that are still directly assigned; say which went, and why the others did not."""
    member = await owned_member(call)
    await require_not_entitled(call, left_group_id)
    account = await account_if_any(member)
    if account is None:
        await write_down(call, member, "remove_licenses", ACCOUNT_DELETED, ", ".join(remove))
        return Removal((), {}, account_deleted=True)
    assigned = _direct(account, remove)
    refused = await _remove(call, member, assigned) if assigned else {}
    if is_dry_run(member):
        return Removal(remove, {})
    unsettled = [sku_id for sku_id in _direct(await account_if_any(member), remove) if sku_id not in refused]
    if unsettled:
        raise StepFailed(f"{', '.join(unsettled)} still read as assigned after they were removed", permanent=False)
    return Removal(tuple(sku_id for sku_id in remove if sku_id not in refused), refused)


@activity(bp)
async def remove_refused_licenses(call: Call, *, remove: tuple[str, ...], left_group_id: str | None = None) -> None:
    """Remove what the tenant refused to remove before. Refused again, it needs a person."""
    member = await owned_member(call)
    await require_not_entitled(call, left_group_id)
    assigned = _direct(await account_if_any(member), remove)
    refused = await _remove(call, member, assigned) if assigned else {}
    if refused:
        raise StepFailed("; ".join(f"{sku_id}: {reason}" for sku_id, reason in refused.items()), permanent=True)


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
        await carry_out(
            call,
            member,
            "remove_licenses" if len(some) > 1 else f"remove_license-{some[0]}",
            lambda: graph.assign_license(account, remove=some),
            ", ".join(some),
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
