"""The license catalog: what the tenant has subscribed to, per managed group, and what a group's newcomers are given."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from lifecycle.entitlement import Group

# What the catalog says of a SKU the tenant no longer has. Graph's own words are Enabled, Warning, Suspended, …
VANISHED = "Vanished"
USER = "User"
# A subscription in any other state gives nobody a license:
# https://learn.microsoft.com/graph/api/resources/subscribedsku
IN_FORCE = frozenset({"Enabled", "Warning"})


class CatalogStage(StrEnum):
    """What the custom status of a store or a clear says; the last three are its ends."""

    FINDING_GROUPS = "finding_groups"
    STORING = "storing_licenses"
    CLEARING = "clearing_licenses"
    STORED = "stored"
    CLEARED = "cleared"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One SKU in the catalog of one group; `assign`: newcomers to the group are given it.

    The group is known by its id in Okta. Its name is for people, as it was at the last store.
    """

    group_id: str
    group_name: str
    sku_id: str
    name: str
    sku_part_number: str
    applies_to: str
    capability_status: str
    enabled_units: int
    consumed_units: int
    stored_at: datetime
    row_number: int = 0
    assign: bool = False

    @property
    def is_assignable(self) -> bool:
        """Whether an operator may choose it. One without seats, or suspended, may be of use again tomorrow."""
        return self.applies_to == USER and self.capability_status != VANISHED


@dataclass(frozen=True, slots=True)
class FoundGroups:
    """Groups, and why any of those asked for is left out."""

    groups: tuple[Group, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """How many SKUs of one group were written, marked as vanished from the tenant, deleted."""

    stored: int
    vanished: int
    deleted: int


@dataclass(frozen=True, slots=True)
class ClearedGroup:
    deleted: int


@dataclass(frozen=True, slots=True)
class StorePlan:
    """Rows to write, and the SKUs whose rows are to be deleted once those are written."""

    write: tuple[CatalogEntry, ...]
    delete: tuple[str, ...]


def plan_store(
    subscribed: Iterable[CatalogEntry], stored: Iterable[CatalogEntry], *, group_name: str, clear_first: bool
) -> StorePlan:
    """Plan a store for one group; both sides are the entries of that group, which may have had another name.

    What an operator chose to assign survives, unless the catalog is to be cleared first. A SKU that vanished from the
    tenant is marked; when clearing, its row goes, but only after the new rows are written, so that a store that
    fails half way leaves the former rows.
    """
    former = {entry.sku_id: entry for entry in stored}
    present = _numbered(subscribed)
    only = _only_assignable(present)
    write = [
        replace(entry, assign=_choice(entry, former.get(entry.sku_id), clear_first, default=entry.sku_id == only))
        for entry in present
    ]
    gone = sorted(former.keys() - {entry.sku_id for entry in present})
    if clear_first:
        return StorePlan(tuple(write), tuple(gone))
    marked = [_vanished(former[sku_id], group_name, number) for number, sku_id in enumerate(gone, len(present) + 1)]
    return StorePlan((*write, *(entry for entry in marked if entry != former[entry.sku_id])), ())


def _numbered(subscribed: Iterable[CatalogEntry]) -> list[CatalogEntry]:
    """Each SKU once, in the order of the names people read."""
    once = {entry.sku_id: entry for entry in subscribed}.values()
    ordered = sorted(once, key=lambda entry: (entry.name.casefold(), entry.sku_id))
    return [replace(entry, row_number=number) for number, entry in enumerate(ordered, 1)]


def _only_assignable(entries: Iterable[CatalogEntry]) -> str | None:
    usable = [entry.sku_id for entry in entries if entry.is_assignable and entry.capability_status in IN_FORCE]
    return usable[0] if len(usable) == 1 else None


def _choice(entry: CatalogEntry, former: CatalogEntry | None, clear_first: bool, *, default: bool) -> bool:
    if former is None:
        return default
    # A row this very store wrote before it was interrupted is cleared already: what was chosen since is kept.
    was_cleared = former.stored_at == entry.stored_at
    return default if clear_first and not was_cleared else former.assign


def _vanished(entry: CatalogEntry, group_name: str, row_number: int) -> CatalogEntry:
    """`stored_at` stays: it says when the SKU was last seen."""
    return replace(entry, group_name=group_name, capability_status=VANISHED, enabled_units=0, row_number=row_number)


def givers(entries: Iterable[CatalogEntry], group_ids: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
    """By SKU, those of the groups that give it to their members (`assign`).

    A store writes every SKU of the tenant into every group's catalog, so a row alone says nothing about the group.
    """
    found: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if entry.assign and entry.group_id in group_ids:
            found[entry.sku_id] = (*found.get(entry.sku_id, ()), entry.group_id)
    return found


def given_only_by(entries: Iterable[CatalogEntry], left: str, remaining: AbstractSet[str]) -> frozenset[str]:
    """The SKUs that a group which was left gives its members, and that none of the remaining groups gives."""
    given = givers(entries, remaining | {left})
    return frozenset(sku_id for sku_id, groups in given.items() if groups == (left,))
