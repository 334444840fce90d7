"""The license arithmetic: what a user holds, what may be removed, what was taken and has to be given back.

A license is direct, inherited from an Entra group, or both; only the direct part can be removed from a user.
https://learn.microsoft.com/en-us/graph/api/resources/licenseassignmentstate
"""

import json
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")

SNAPSHOT_VERSION = 1
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class LicenseScope(StrEnum):
    """Which direct licenses a deactivation removes."""

    ALL = "all"
    CATALOG = "catalog"


class MalformedSnapshot(ValueError):
    """A stored snapshot that cannot be read; nothing may be removed or given back by it."""


@dataclass(frozen=True)
class AssignedLicense:
    """One SKU of one user. The disabled plans are those of the direct assignment."""

    sku_id: str
    disabled_plans: tuple[str, ...] = ()
    direct: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class SnapshotEntry:
    """A license as it was before we touched it; taken from when we set out to remove it until it is given back.

    A license that a group gives and that is not given yet counts as taken too. `owed_to` are the ids of the groups that
    give it: it comes back with any of them; empty: no group gives it, so it comes back with whichever is joined.
    """

    license: AssignedLicense
    taken: bool = False
    owed_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class RemovalPlan:
    """SKUs to remove; inherited ones, which stay through a group; direct ones that are none of our business."""

    remove: tuple[str, ...]
    inherited: tuple[str, ...]
    out_of_scope: tuple[str, ...]


@dataclass(frozen=True)
class Removal:
    """What became of a removal: the SKUs that went, and why the tenant refused the others.

    `account_deleted`: nothing was left to remove, since somebody had deleted the account.
    """

    removed: tuple[str, ...]
    refused: Mapping[str, str]
    account_deleted: bool = False


@dataclass(frozen=True)
class WantedLicense:
    """A SKU that is to be given, with the service plans that stay off."""

    sku_id: str
    disabled_plans: tuple[str, ...] = ()


@dataclass(frozen=True)
class Assignment:
    """What became of giving licenses: SKUs given, those without a free seat, and why the tenant refused the others."""

    given: tuple[str, ...]
    no_seat: tuple[str, ...]
    refused: Mapping[str, str]

    @property
    def is_news(self) -> bool:
        """Whether there is anything to tell of it."""
        return bool(self.given or self.no_seat or self.refused)


Snapshot = tuple[SnapshotEntry, ...]


def to_json(snapshot: Snapshot) -> str:
    """The same snapshot gives the same text, so that a stored one can be compared."""
    licenses = [{**asdict(entry.license), "taken": entry.taken, "owed_to": entry.owed_to} for entry in snapshot]
    return json.dumps({"version": SNAPSHOT_VERSION, "licenses": licenses}, sort_keys=True, separators=(",", ":"))


def from_json(text: str | None) -> Snapshot:
    """None, nothing stored yet, is the empty snapshot. Raise MalformedSnapshot for what `to_json` did not write."""
    if text is None:
        return ()
    try:
        stored = json.loads(text)
        if stored["version"] != SNAPSHOT_VERSION:
            raise MalformedSnapshot(f"snapshot version {stored['version']!r} is not {SNAPSHOT_VERSION}")
        return tuple(_read_entry(raw) for raw in stored["licenses"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise MalformedSnapshot(f"the stored snapshot cannot be read: {type(error).__name__}") from error


def from_assignments(
    assignments: Iterable[tuple[str, Iterable[str], str | None, str | None]],
) -> tuple[AssignedLicense, ...]:
    """One license per SKU from Graph's `licenseAssignmentStates`: SKU, disabled plans, assigning group, state."""
    licenses: dict[str, AssignedLicense] = {}
    for sku, plans, group, state in assignments:
        # A group's assignment in error (no seats, conflicting plans) gives the user nothing.
        if group is not None and state == "Error":
            continue
        sku_id = sku.lower()
        license = licenses.get(sku_id, AssignedLicense(sku_id))
        licenses[sku_id] = _with_direct(license, plans) if group is None else _with_group(license, group)
    return tuple(licenses.values())


def merge_snapshot(prior: Snapshot | None, present: Iterable[AssignedLicense]) -> Snapshot:
    """What is directly present now wins, with its plans; what was taken earlier stays owed in any case."""
    owed = {entry.license.sku_id: entry for entry in prior or () if entry.taken}
    entries = [_merged(owed.pop(license.sku_id, None), license) for license in present]
    gone = [replace(entry, license=replace(entry.license, groups=())) for entry in owed.values()]
    return (*entries, *gone)


def not_taken(snapshot: Snapshot) -> tuple[AssignedLicense, ...]:
    """What the user held when it was last looked at, as far as the snapshot knows."""
    return tuple(entry.license for entry in snapshot if not entry.taken)


def mark_taken(
    snapshot: Snapshot, sku_ids: Iterable[str], owed_to: Mapping[str, tuple[str, ...]] | None = None
) -> Snapshot:
    """Mark what is about to be removed, with the groups that give it (`owed_to`). What was taken earlier, and is owed
    to no group in particular, goes with the groups that were left since.

    Call it before the removal: a crash in between must not lose the mark, and a mark on a license that is still there
    does no harm. Raise ValueError for a license the snapshot lacks.
    """
    marked = frozenset(sku_ids)
    unknown = marked - {entry.license.sku_id for entry in snapshot if entry.license.direct}
    if unknown:
        raise ValueError(f"not in the snapshot, so it could not be given back: {', '.join(sorted(unknown))}")
    givers = owed_to or {}
    return tuple(
        replace(e, taken=True, owed_to=givers.get(e.license.sku_id, ()))
        if e.license.sku_id in marked or (e.taken and not e.owed_to)
        else e
        for e in snapshot
    )


def owe(snapshot: Snapshot, given: Iterable[AssignedLicense], group_id: str) -> Snapshot:
    """Remember what a group gives before it is given, so that whoever comes to act on the person next gives it too."""
    owed = {e.license.sku_id for e in snapshot if e.taken}
    new = {
        license.sku_id: SnapshotEntry(license, taken=True, owed_to=(group_id,))
        for license in given
        if license.sku_id not in owed
    }
    return (*(e for e in snapshot if e.license.sku_id not in new), *new.values())


def mark_given_back(snapshot: Snapshot, sku_ids: Iterable[str]) -> Snapshot:
    """Clear the mark of what was assigned and read back. A reading alone settles nothing: replicas lag for minutes."""
    given = frozenset(sku_ids)
    return tuple(replace(e, taken=False, owed_to=()) if e.license.sku_id in given else e for e in snapshot)


def owed(snapshot: Snapshot, group_ids: AbstractSet[str]) -> tuple[AssignedLicense, ...]:
    """The direct licenses that were taken, with their disabled plans, as far as these groups bring them back."""
    taken = (e.license for e in snapshot if e.taken and (not e.owed_to or group_ids & frozenset(e.owed_to)))
    return tuple(license for license in taken if license.direct)


def plan_removal(
    present: Iterable[AssignedLicense],
    scope: LicenseScope,
    cataloged: AbstractSet[str],
) -> RemovalPlan:
    """Remove the direct licenses in scope. Plan once and hand the plan to the removal: planned
    again after a crash in the middle, it would know nothing of what is already gone."""
    licenses = tuple(present)
    wanted = {license.sku_id for license in licenses if scope is LicenseScope.ALL or license.sku_id in cataloged}
    remove = tuple(license.sku_id for license in licenses if license.direct and license.sku_id in wanted)
    out_of_scope = tuple(license.sku_id for license in licenses if license.direct and license.sku_id not in wanted)
    inherited = tuple(license.sku_id for license in licenses if license.groups and license.sku_id not in out_of_scope)
    return RemovalPlan(remove, inherited, out_of_scope)


def plan_assignment(sku_ids: Iterable[str], present: Iterable[AssignedLicense]) -> tuple[AssignedLicense, ...]:
    """The catalog's SKUs that are not directly there, each once, with all their service plans."""
    direct = {license.sku_id for license in present if license.direct}
    wanted = dict.fromkeys(sku_id.lower() for sku_id in sku_ids)
    return tuple(AssignedLicense(sku_id, direct=True) for sku_id in wanted if sku_id not in direct)


def fit_to_skus(wanted: Iterable[WantedLicense], plans: Mapping[str, AbstractSet[str]]) -> tuple[WantedLicense, ...]:
    """Switch off only plans that the SKU has today: the tenant refuses the license because of any other, for ever.

    `plans` has the plans for users of each SKU; of a SKU that is not there nothing is known, so it stays as it is.
    """
    return tuple(
        replace(each, disabled_plans=tuple(plan for plan in each.disabled_plans if plan in plans[each.sku_id]))
        if each.sku_id in plans
        else each
        for each in wanted
    )


def friendly_name(sku_id: str, names: Mapping[str, str], part_numbers: Mapping[str, str]) -> str:
    """The name people read, else the part number, else the id. Both tables are keyed by the lower-case id."""
    key = sku_id.lower()
    return names.get(key) or part_numbers.get(key) or sku_id


def with_plan_names(text: str, plan_names: Mapping[str, str]) -> str:
    """A vendor's message with the names of service plans in place of their ids."""
    return _GUID.sub(lambda found: plan_names.get(found[0].lower(), found[0]), text)


def _with_direct(license: AssignedLicense, plans: Iterable[str]) -> AssignedLicense:
    lowered = (plan.lower() for plan in plans)
    return replace(license, direct=True, disabled_plans=tuple(dict.fromkeys((*license.disabled_plans, *lowered))))


def _with_group(license: AssignedLicense, group: str) -> AssignedLicense:
    return replace(license, groups=tuple(dict.fromkeys((*license.groups, group.lower()))))


def _merged(owed: SnapshotEntry | None, license: AssignedLicense) -> SnapshotEntry:
    """A license that was taken is owed until it was assigned again: that it reads as there may be an old reading."""
    if owed is None:
        return SnapshotEntry(license)
    if license.direct:
        return replace(owed, license=license)
    return replace(owed, license=replace(owed.license, groups=license.groups))


def _read_entry(raw: Mapping[str, object]) -> SnapshotEntry:
    license = AssignedLicense(
        sku_id=_typed(raw["sku_id"], str),
        disabled_plans=tuple(_typed(plan, str) for plan in _typed(raw["disabled_plans"], list)),
        direct=_typed(raw["direct"], bool),
        groups=tuple(_typed(group, str) for group in _typed(raw["groups"], list)),
    )
    owed_to = tuple(_typed(group, str) for group in _typed(raw["owed_to"], list))
    return SnapshotEntry(license, _typed(raw["taken"], bool), owed_to)


def _typed(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"expected {kind.__name__}")
    return value
