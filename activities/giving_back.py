"""Giving licenses: exactly those that were taken, or what the catalog says of the group that was joined."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace

import azure.durable_functions as df

import wiring
from activities.activity import Call, StepFailed, activity
from activities.acts import is_dry_run
from activities.fence import change_member, owned_account, store_account, write_to_account
from activities.microsoft365 import assigned_licenses, present_account
from activities.okta import former_groups_in_log
from clients.errors import ClientError, NoSeats, Rejected, UsageLocationNeeded
from clients.records import SubscribedSku
from lifecycle import licenses
from lifecycle.accounts import still_new
from lifecycle.catalog import USER
from lifecycle.entitlement import Entitlement, Group
from lifecycle.licenses import AssignedLicense, Assignment, WantedLicense
from lifecycle.members import Member
from lifecycle.seats import free_units, plan_seats
from rows import catalog

bp = df.Blueprint()


@activity(bp)
async def note_newcomer(call: Call, *, entitlement: Entitlement) -> None:
    """Recognise a person who is new to the managed groups, and whose account may so be disabled from the start.

    Nothing of ours was ever done to the account, it is disabled and has no license, the person has just joined every
    managed group that the person is in, and Okta's log knows of no removal from one.
    """
    owned = await owned_account(call)
    joined = {group.group_id for group in owned.member.joined}
    is_first = owned.account.intent is None and not owned.account.newcomer and not owned.account.former_groups
    if not is_first or not joined or not set(entitlement.group_ids) <= joined:
        return
    entra_user = await present_account(owned.member, may_be_new=True)
    if entra_user.account_enabled or assigned_licenses(entra_user) or await former_groups_in_log(call):
        return
    await store_account(call, owned, replace(owned.account, newcomer=True))


@activity(bp)
async def prepare_assignment(call: Call, *, groups: tuple[Group, ...]) -> tuple[WantedLicense, ...]:
    """Which licenses the person gets: those that were taken, and the catalog's of groups the person is new to.

    `groups` are the managed groups the person is in. What the catalog gives is remembered as owed first, since this run
    may be displaced before it could give it.
    """
    owned = await owned_account(call)
    present = assigned_licenses(await present_account(owned.member, may_be_new=True))
    snapshot = licenses.from_json(owned.account.snapshot)
    owing = snapshot
    joined = {group.group_id: group for group in owned.member.joined}
    new = still_new([joined[each.id] for each in groups if each.id in joined], owned.account.former_groups)
    given = await _of_catalog([each.group_id for each in new], present)
    former = await former_groups_in_log(call) if given else []  # the log is asked only where something depends on it
    for group in still_new(new, former):
        owing = licenses.owe(owing, given.get(group.group_id, ()), group.group_id)
    if owing != snapshot:
        await store_account(call, owned, replace(owned.account, snapshot=licenses.to_json(owing)))
    wanted = licenses.owed(owing, frozenset(group.id for group in groups))
    return tuple(WantedLicense(each.sku_id, each.disabled_plans) for each in wanted)


async def _of_catalog(
    group_ids: Iterable[str], present: tuple[AssignedLicense, ...]
) -> dict[str, tuple[AssignedLicense, ...]]:
    """By group, what its catalog gives that the person has not; groups that give nothing are left out."""
    given = {}
    for group_id in group_ids:
        entries = await catalog.read(await wiring.tables(), group_id)
        given[group_id] = licenses.plan_assignment((e.sku_id for e in entries if e.assign and e.is_assignable), present)
    return {group_id: sku_ids for group_id, sku_ids in given.items() if sku_ids}


@dataclass(slots=True)
class Refusals:
    """What the tenant would not assign: the SKUs without a free seat, and why it refused the others."""

    no_seat: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@activity(bp)
async def assign_licenses(call: Call, *, wanted: tuple[WantedLicense, ...]) -> Assignment:
    """Assign what is wanted; say what was given, what found no free seat, what was refused.

    Also what reads as assigned: that reading may be older than the removal, and to assign twice does no harm.
    """
    member = (await owned_account(call)).member
    wanted, missing, skus = await _as_of_today(member, wanted)
    there = [each for each in wanted if each not in missing]
    free = {sku.sku_id: free_units(sku.enabled_units, sku.warning_units, sku.consumed_units) for sku in skus}
    plan = plan_seats(missing, free, call.at)
    refusals = Refusals([each.sku_id for each in plan.short])
    await _assign(call, member, [*there, *plan.free], refusals)
    if plan.look_for:
        await _look_for_seat(call, member, plan.look_for, refusals)
    no_seat = tuple(each.sku_id for each in wanted if each.sku_id in refusals.no_seat)
    given = tuple(each.sku_id for each in wanted if each.sku_id not in (*no_seat, *refusals.refused))
    await _require_assigned(member, wanted, given)
    return Assignment(given, no_seat, _readable(refusals.refused, skus))


@activity(bp)
async def assign_refused_licenses(call: Call, *, wanted: tuple[WantedLicense, ...]) -> None:
    """Assign what the tenant refused to assign before. Refused again, it needs a person."""
    member = (await owned_account(call)).member
    refusals = Refusals()
    wanted, _, _ = await _as_of_today(member, wanted)
    await _assign(call, member, wanted, refusals)
    reasons = [f"{sku_id}: {reason}" for sku_id, reason in refusals.refused.items()]
    reasons += [f"{sku_id}: no free seat" for sku_id in refusals.no_seat]
    if reasons:
        raise StepFailed("; ".join(reasons), permanent=True)


@activity(bp)
async def settle_snapshot(call: Call, *, given: tuple[str, ...], group_ids: tuple[str, ...]) -> None:
    """Forget what this run has given back: assigned, answered and read back. What is still owed stays.

    `group_ids` are the managed groups the person is in. One that was joined and left before it could give anything has
    still to give it, to a person who joins it again.
    """
    owned = await owned_account(call)
    snapshot = licenses.mark_given_back(licenses.from_json(owned.account.snapshot), given)
    text = licenses.to_json(snapshot) if any(entry.taken for entry in snapshot) else None
    await store_account(call, owned, replace(owned.account, snapshot=text))
    still_new = tuple(group for group in owned.member.joined if group.group_id not in group_ids)
    if owned.member.joined != still_new:
        await change_member(call, joined=still_new)


async def _direct(member: Member) -> dict[str, tuple[str, ...]]:
    """By SKU, the disabled plans of what reads as directly assigned."""
    account = await present_account(member, may_be_new=True)
    return {each.sku_id: each.disabled_plans for each in assigned_licenses(account) if each.direct}


async def _as_of_today(
    member: Member, wanted: Sequence[WantedLicense]
) -> tuple[tuple[WantedLicense, ...], list[WantedLicense], list[SubscribedSku]]:
    """What is wanted, as the tenant's SKUs are now; what of it is missing; and those SKUs.

    What somebody has assigned by hand meanwhile keeps the plans that it has.
    """
    if not wanted:
        return (), [], []
    skus = await (await wiring.graph()).list_subscribed_skus()
    known = [sku for sku in skus if sku.service_plans]  # every SKU has some, so an answer without any is not whole
    plans = {sku.sku_id: {plan.id for plan in sku.service_plans if plan.applies_to == USER} for sku in known}
    fitting = tuple(licenses.fit_to_skus(wanted, plans))
    direct = await _direct(member)
    as_they_are = tuple(WantedLicense(each.sku_id, direct.get(each.sku_id, each.disabled_plans)) for each in fitting)
    return as_they_are, [each for each in as_they_are if each.sku_id not in direct], skus


async def _require_assigned(member: Member, wanted: Sequence[WantedLicense], given: Container[str]) -> None:
    """Raise StepFailed where what was given does not read so yet; in a dry run it never will."""
    if is_dry_run(member):
        return
    direct = await _direct(member)
    unsettled = [each.sku_id for each in wanted if each.sku_id in given and each.sku_id not in direct]
    if unsettled:
        raise StepFailed(f"{', '.join(unsettled)} do not read as assigned yet", permanent=False)


async def _assign(call: Call, member: Member, wanted: Sequence[WantedLicense], refusals: Refusals) -> None:
    """Assign together, since plans may depend on each other; what is refused, one by one.

    A seat can go between the check and the assignment: such a SKU counts as without a seat, and the others go on.
    """
    together = list(wanted)
    while len(together) > 1:
        try:
            await _assign_at_once(call, member, together)
            return
        except NoSeats as error:
            taken = error.sku_id if error.sku_id in {each.sku_id for each in together} else None
            if taken is None:
                break
            refusals.no_seat.append(taken)
            together = [each for each in together if each.sku_id != taken]
        except Rejected as error:
            await _wait_for_usage_location(member, error)
            break
    for each in together:
        await _assign_alone(call, member, each, refusals)


async def _look_for_seat(call: Call, member: Member, wanted: WantedLicense, refusals: Refusals) -> None:
    """Ask for a license that has no free seat by the numbers. That there is none is no news, so it is not audited."""
    if is_dry_run(member):
        refusals.no_seat.append(wanted.sku_id)
    else:
        await _assign_alone(call, member, wanted, refusals, no_news=NoSeats)


async def _assign_alone(
    call: Call,
    member: Member,
    wanted: WantedLicense,
    refusals: Refusals,
    *,
    no_news: type[ClientError] | None = None,
) -> None:
    try:
        await _assign_at_once(call, member, [wanted], no_news=no_news)
    except NoSeats:
        refusals.no_seat.append(wanted.sku_id)
    except Rejected as error:
        await _wait_for_usage_location(member, error)
        refusals.refused[wanted.sku_id] = str(error)


async def _wait_for_usage_location(member: Member, error: Rejected) -> None:
    """Raise StepFailed where the account has the location that licensing does not know of yet: it was set just now."""
    if isinstance(error, UsageLocationNeeded) and (await present_account(member, may_be_new=True)).usage_location:
        raise StepFailed(str(error), permanent=False) from error


async def _assign_at_once(
    call: Call, member: Member, wanted: Sequence[WantedLicense], *, no_news: type[ClientError] | None = None
) -> None:
    graph = await wiring.graph()
    sku_ids = [each.sku_id for each in wanted]
    names = ", ".join(sku_ids)
    await write_to_account(
        call,
        "assign_licenses" if len(wanted) > 1 else f"assign_license-{names}",
        lambda: graph.assign_license(
            member.entra_user_id or "", add=[(each.sku_id, each.disabled_plans) for each in wanted]
        ),
        names,
        sku_ids=sku_ids,
        no_news=no_news,
    )


def _readable(refused: dict[str, str], skus: list[SubscribedSku]) -> dict[str, str]:
    plans = {plan.id: plan.name for sku in skus for plan in sku.service_plans}
    return {sku_id: licenses.with_plan_names(reason, plans) for sku_id, reason in refused.items()}
