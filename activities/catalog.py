"""Storing the tenant's subscribed SKUs in the license catalog, and clearing it, one group at a time.

Also in a dry run: the catalog is the app's own table, and nobody's account depends on it before an activation.
"""

from datetime import datetime

import azure.durable_functions as df

import wiring
from activities import catalog_rows
from activities.outcome import Call, reported
from clients.errors import Rejected
from clients.records import SubscribedSku
from lifecycle.catalog import CatalogEntry, entry_from, plan_store
from lifecycle.licenses import friendly_name

bp = df.Blueprint()


@bp.activity_trigger(input_name="call")
@reported
async def find_managed_groups(call: Call) -> dict[str, list[str]]:
    """The names in Okta of the managed groups, or of the one that was asked for; and why any of them is left out."""
    asked: str | None = call.details["group"]
    groups: list[str] = []
    reasons: list[str] = []
    for name_or_id in [asked] if asked else wiring.settings().office_group:
        name, reason = await _find_managed(name_or_id)
        if name is None:
            reasons.append(reason)
        else:
            groups.append(name)
    return {"groups": list(dict.fromkeys(groups)), "reasons": reasons}


async def _find_managed(name_or_id: str) -> tuple[str | None, str]:
    try:
        group = await (await wiring.okta()).find_group(name_or_id)
    except Rejected as error:  # several groups have this name
        return None, str(error)
    if group is None:
        return None, f"there is no group {name_or_id!r} in Okta (names are case-sensitive)"
    if not wiring.settings().manages(group.id, group.name):
        return None, f"the group {group.name!r} is not managed; OFFICE_GROUP says which are"
    return group.name, ""


@bp.activity_trigger(input_name="call")
@reported
async def store_group(call: Call) -> dict[str, int]:
    """Write what the tenant has subscribed to into the catalog of one group."""
    name: str = call.details["group"]
    stored_at = datetime.fromisoformat(call.details["stored_at"])
    skus = await (await wiring.graph()).list_subscribed_skus()
    rows = await catalog_rows.read_rows(name)
    former = [entry_from(row.values) for row in rows]
    subscribed = [_entry(name, sku, stored_at) for sku in skus]
    plan = plan_store(subscribed, former, clear_first=call.details["clear_first"])
    await catalog_rows.store(name, plan, rows)
    gone = {entry.sku_id for entry in former} - {entry.sku_id for entry in subscribed} - set(plan.delete)
    return {"stored": len({entry.sku_id for entry in subscribed}), "vanished": len(gone), "deleted": len(plan.delete)}


def _entry(group_name: str, sku: SubscribedSku, stored_at: datetime) -> CatalogEntry:
    return CatalogEntry(
        group_name=group_name,
        sku_id=sku.sku_id,
        name=friendly_name(sku.sku_id, wiring.sku_names(), {sku.sku_id: sku.sku_part_number}),
        sku_part_number=sku.sku_part_number,
        applies_to=sku.applies_to,
        capability_status=sku.capability_status,
        enabled_units=sku.enabled_units,
        consumed_units=sku.consumed_units,
        stored_at=stored_at,
    )


@bp.activity_trigger(input_name="call")
@reported
async def find_cataloged_groups(call: Call) -> dict[str, list[str]]:
    """Every group that has rows, or the one that was asked for, by its name or its id in Okta."""
    asked: str | None = call.details["group"]
    names = await catalog_rows.read_group_names()
    if asked is None:
        return {"groups": names, "reasons": []}
    if asked not in names:  # only then is Okta asked, so that a group it no longer knows can be cleared
        group = await (await wiring.okta()).find_group(asked)
        asked = group.name if group else asked
    if asked not in names:
        return {"groups": [], "reasons": [f"the catalog has no rows of the group {asked!r}"]}
    return {"groups": [asked], "reasons": []}


@bp.activity_trigger(input_name="call")
@reported
async def clear_group(call: Call) -> dict[str, int]:
    """Delete the catalog of one group."""
    rows = await catalog_rows.read_rows(call.details["group"])
    await catalog_rows.delete(rows)
    return {"deleted": len(rows)}
