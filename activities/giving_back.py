"""Giving licenses: exactly those that were taken, or what the catalog says of the group that was joined."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import azure.durable_functions as df

import wiring
from activities.activity import Call, StepFailed, activity
from activities.acts import carry_out, is_dry_run
from activities.fence import change_member, owned_member
from activities.microsoft365 import assigned_licenses, present_account
from clients.errors import ClientError, NoSeats, Rejected, UsageLocationNeeded
from clients.records import SubscribedSku
from lifecycle import licenses
from lifecycle.catalog import USER
from lifecycle.entitlement import Group
from lifecycle.licenses import Assignment, WantedLicense
from lifecycle.members import Member
from lifecycle.seats import free_units, plan_seats
from rows import catalog

bp = df.Blueprint()


@activity(bp)
async def prepare_assignment(call: Call, *, groups: tuple[Group, ...]) -> tuple[WantedLicense, ...]:
    """Which licenses the person gets: those that were taken, and the catalog's of groups the person is new to.

    `groups` are the managed groups the person is in.

    What the catalog gives is remembered as owed first, since this run may be displaced before it could give it.
    """
    member = await owned_member(call)
    present = assigned_licenses(await present_account(member, may_be_new=True))
    snapshot = licenses.from_json(member.snapshot)
    owing = snapshot
    for group in _new_groups(member, groups):
        entries = await catalog.read(await wiring.tables(), group.id)
        given = licenses.plan_assignment((e.sku_id for e in entries if e.assign and e.is_assignable), present)
        owing = licenses.owe(owing, given, group.id)
    if owing != snapshot:
        await change_member(call, snapshot=licenses.to_json(owing))
    wanted = licenses.plan_restore(owing, present, frozenset(group.id for group in groups))
    return tuple(WantedLicense(each.sku_id, each.disabled_plans) for each in wanted)


def _new_groups(member: Member, current: Iterable[Group]) -> list[Group]:
    """The groups whose catalog says what the person gets: new ones, or all when nothing is known of the person."""
    joined = [group for group in current if group.id in member.joined]
    return joined or (list(current) if member.snapshot is None else [])


@dataclass(slots=True)
class Refusals:
    """What the tenant would not assign: the SKUs without a free seat, and why it refused the others."""

    no_seat: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


@activity(bp)
async def assign_licenses(call: Call, *, wanted: tuple[WantedLicense, ...]) -> Assignment:
    """Assign what is wanted and not there yet; say what was given, what found no free seat, what was refused."""
    member = await owned_member(call)
    missing, skus = await _missing_today(member, wanted)
    free = {sku.sku_id: free_units(sku.enabled_units, sku.warning_units, sku.consumed_units) for sku in skus}
    plan = plan_seats(missing, free, call.at)
    refusals = Refusals([each.sku_id for each in plan.short])
    await _assign(call, member, plan.free, refusals)
    if plan.look_for:
        await _look_for_seat(call, member, plan.look_for, refusals)
    no_seat = tuple(each.sku_id for each in wanted if each.sku_id in refusals.no_seat)
    given = tuple(each.sku_id for each in wanted if each.sku_id not in (*no_seat, *refusals.refused))
    await _require_assigned(member, wanted, given)
    return Assignment(given, no_seat, _readable(refusals.refused, skus))


@activity(bp)
async def assign_refused_licenses(call: Call, *, wanted: tuple[WantedLicense, ...]) -> None:
    """Assign what the tenant refused to assign before. Refused again, it needs a person."""
    member = await owned_member(call)
    refusals = Refusals()
    missing, _ = await _missing_today(member, wanted)
    await _assign(call, member, missing, refusals)
    reasons = [f"{sku_id}: {reason}" for sku_id, reason in refusals.refused.items()]
    reasons += [f"{sku_id}: no free seat" for sku_id in refusals.no_seat]
    if reasons:
        raise StepFailed("; ".join(reasons), permanent=True)


@activity(bp)
async def settle_snapshot(call: Call) -> None:
    """Forget the snapshot once everything is given back; keep what is still owed."""
    member = await owned_member(call)
    present = assigned_licenses(await present_account(member, may_be_new=True))
    assigned = [each.sku_id for each in present if each.direct]
    snapshot = licenses.mark_given_back(licenses.from_json(member.snapshot), assigned)
    owed = any(entry.taken for entry in snapshot)
    await change_member(call, snapshot=licenses.to_json(snapshot) if owed else None, joined=())


async def _missing(member: Member, wanted: Sequence[WantedLicense]) -> list[WantedLicense]:
    """What is already there stays as it is, with whichever plans it has."""
    direct = {each.sku_id for each in assigned_licenses(await present_account(member, may_be_new=True)) if each.direct}
    return [each for each in wanted if each.sku_id not in direct]


async def _missing_today(
    member: Member, wanted: Sequence[WantedLicense]
) -> tuple[Sequence[WantedLicense], list[SubscribedSku]]:
    """What is missing, as the tenant's SKUs are now; and those SKUs, which are read only if anything is missing."""
    missing = await _missing(member, wanted)
    if not missing:
        return [], []
    skus = await (await wiring.graph()).list_subscribed_skus()
    known = [sku for sku in skus if sku.service_plans]  # every SKU has some, so an answer without any is not whole
    plans = {sku.sku_id: {plan.id for plan in sku.service_plans if plan.applies_to == USER} for sku in known}
    return licenses.fit_to_skus(missing, plans), skus


async def _require_assigned(member: Member, wanted: Sequence[WantedLicense], given: Container[str]) -> None:
    """Raise StepFailed where what was given does not read so yet; in a dry run it never will."""
    if is_dry_run(member):
        return
    unsettled = [each.sku_id for each in await _missing(member, wanted) if each.sku_id in given]
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
    names = ", ".join(each.sku_id for each in wanted)
    await carry_out(
        call,
        member,
        "assign_licenses" if len(wanted) > 1 else f"assign_license-{names}",
        lambda: graph.assign_license(
            member.entra_user_id or "", add=[(each.sku_id, each.disabled_plans) for each in wanted]
        ),
        names,
        no_news=no_news,
    )


def _readable(refused: dict[str, str], skus: list[SubscribedSku]) -> dict[str, str]:
    plans = {plan.id: plan.name for sku in skus for plan in sku.service_plans}
    return {sku_id: licenses.with_plan_names(reason, plans) for sku_id, reason in refused.items()}
