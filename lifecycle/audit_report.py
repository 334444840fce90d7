"""What a period comes to, for those who answer for it: counted over its acts, one after the other."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil

from lifecycle.audit import DONE, AuditEntry
from lifecycle.catalog import CatalogEntry

DISABLED = "disable_account"
REMOVED, ASSIGNED = "remove_license", "assign_license"  # begin the names of the acts on one license and on several
A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long it took from the events to the acts; None where there was none."""

    median: float | None
    percentile_95: float | None
    longest: float | None


@dataclass(frozen=True, slots=True)
class SkuUse:
    """What happened to a license, by its name as people read it; and its units, as the catalog has them (None: not)."""

    name: str
    freed: int
    given: int
    enabled: int | None = None
    consumed: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """`people` were acted on, `disabled` is how many accounts were disabled. Dry runs and failures do not count."""

    people: int
    disabled: int
    minutes_to_disable: Minutes
    licenses_freed: int
    licenses_given: int
    skus: tuple[SkuUse, ...]


@dataclass(slots=True)
class Tally:
    """What is counted so far: a number per account that was disabled and an id per person, whatever else happened."""

    people: set[str] = field(default_factory=set)
    minutes: list[float] = field(default_factory=list)
    disabled: int = 0
    freed: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)

    def add(self, act: AuditEntry) -> None:
        if act.outcome != DONE or act.dry_run or not act.okta_user_id:
            return
        self.people.add(act.okta_user_id)
        if act.act == DISABLED:
            self.disabled += 1
            if act.seconds_after_event is not None:
                self.minutes.append(act.seconds_after_event / A_MINUTE.total_seconds())
        if act.act.startswith(REMOVED):
            self.freed.update(act.licenses)
        if act.act.startswith(ASSIGNED):
            self.given.update(act.licenses)

    def report(self, catalog: Iterable[CatalogEntry] = ()) -> Report:
        return Report(
            people=len(self.people),
            disabled=self.disabled,
            minutes_to_disable=_minutes(sorted(self.minutes)),
            licenses_freed=self.freed.total(),
            licenses_given=self.given.total(),
            skus=_skus(self.freed, self.given, {entry.name: entry for entry in catalog}),
        )


def _minutes(ordered: list[float]) -> Minutes:
    return Minutes(_at(ordered, 50), _at(ordered, 95), _at(ordered, 100))


def _at(ordered: list[float], percent: int) -> float | None:
    """The smallest value that so many percent do not exceed."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else None


def _skus(
    freed: Mapping[str, int], given: Mapping[str, int], catalog: Mapping[str, CatalogEntry]
) -> tuple[SkuUse, ...]:
    names = sorted({*freed, *given, *catalog}, key=str.casefold)
    units = {name: (entry.enabled_units, entry.consumed_units) for name, entry in catalog.items()}
    return tuple(SkuUse(name, freed.get(name, 0), given.get(name, 0), *units.get(name, ())) for name in names)
