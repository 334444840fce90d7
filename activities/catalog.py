"""Storing the tenant's subscribed SKUs in the license catalog, and clearing it, one group at a time.

Also in a dry run: the catalog is the app's own table, and nobody's account depends on it before an activation.
"""

from datetime import datetime

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from clients.errors import Rejected
from clients.records import SubscribedSku
from lifecycle.catalog import CatalogEntry, ClearedGroup, FoundGroups, StoredGroup, plan_store
from lifecycle.entitlement import Group
from lifecycle.licenses import friendly_name
from rows import catalog

bp = df.Blueprint()


@activity(bp)
async def find_managed_groups(call: Call, *, group: str | None) -> FoundGroups:
    """The managed groups, or the one that was asked for, by name or id."""
    groups: dict[str, Group] = {}
    reasons: list[str] = []
    for name_or_id in [group] if group else wiring.settings().office_group:
        found, reason = await _find_managed(name_or_id)
        if found is None:
            reasons.append(reason)
        else:
            groups[found.id] = found
    return FoundGroups(tuple(groups.values()), tuple(reasons))


async def _find_managed(name_or_id: str) -> tuple[Group | None, str]:
    try:
        group = await (await wiring.okta()).find_group(name_or_id)
    except Rejected as error:  # several groups have this name
        return None, str(error)
    if group is None:
        return None, f"there is no group {name_or_id!r} in Okta (names are case-sensitive)"
    if not wiring.settings().manages(group.id, group.name):
        return None, f"the group {group.name!r} is not managed; OFFICE_GROUP says which are"
    return Group(group.id, group.name), ""


@activity(bp)
async def store_group(call: Call, *, group: Group, stored_at: datetime, clear_first: bool) -> StoredGroup:
    """Write what the tenant has subscribed to into the catalog of one group, under the name it has now."""
    tables = await wiring.tables()
    skus = await (await wiring.graph()).list_subscribed_skus()
    former = await catalog.read_stored(tables, group.id)
    known = [stored.record for stored in former]
    subscribed = [_entry(group, sku, stored_at) for sku in skus]
    plan = plan_store(subscribed, known, group_name=group.name, clear_first=clear_first)
    await catalog.store(tables, plan, former)
    present = {entry.sku_id for entry in subscribed}
    vanished = {entry.sku_id for entry in known} - present - set(plan.delete)
    return StoredGroup(stored=len(present), vanished=len(vanished), deleted=len(plan.delete))


def _entry(group: Group, sku: SubscribedSku, stored_at: datetime) -> CatalogEntry:
    return CatalogEntry(
        group_id=group.id,
        group_name=group.name,
        sku_id=sku.sku_id,
        name=friendly_name(sku.sku_id, wiring.sku_names(), {sku.sku_id: sku.sku_part_number}),
        sku_part_number=sku.sku_part_number,
        applies_to=sku.applies_to,
        capability_status=sku.capability_status,
        enabled_units=sku.enabled_units,
        consumed_units=sku.consumed_units,
        stored_at=stored_at,
    )


@activity(bp)
async def find_cataloged_groups(call: Call, *, group: str | None) -> FoundGroups:
    """Every group that has rows, or the one that was asked for, by its id or its name."""
    groups = await catalog.read_groups(await wiring.tables())
    if group is None:
        return FoundGroups(tuple(groups))
    found = [each for each in groups if each.id == group] or [each for each in groups if each.name == group]
    if not found:  # only then is Okta asked, for a name that is newer than the last store
        in_okta = await (await wiring.okta()).find_group(group)
        found = [each for each in groups if in_okta and each.id == in_okta.id]
    if not found:
        return FoundGroups(reasons=(f"the catalog has no rows of the group {group!r}",))
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        return FoundGroups(reasons=(f"several groups are called {group!r}; name one by its id: {ids}",))
    return FoundGroups(tuple(found))


@activity(bp)
async def clear_group(call: Call, *, group: Group) -> ClearedGroup:
    """Delete the catalog of one group."""
    tables = await wiring.tables()
    rows = await catalog.read_stored(tables, group.id)
    await catalog.delete(tables, rows)
    return ClearedGroup(deleted=len(rows))
