"""The first page: does anything need me, what comes, who waits for a decision, is everything in order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lifecycle.audit import AuditEntry
from lifecycle.catalog import VANISHED, CatalogEntry
from lifecycle.commands import awaited_commands
from lifecycle.health import Check, Outcome
from lifecycle.members import Member
from pages import words
from pages.chart import chart, share
from pages.frame import Frame, count_of, render
from pages.health import shown_checks
from pages.words import Button, SkuNames, State

WEEKS = 5
SHOWN_ATTENTION = 20
SHOWN_HELD = 10
SHOWN_SKUS = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """People in one phase; `more`: there are more than were read."""

    people: Sequence[Member]
    more: bool = False

    @property
    def count(self) -> str:
        return f"more than {len(self.people):,}" if self.more else f"{len(self.people):,}"


@dataclass(frozen=True, slots=True)
class ComingRemovals:
    """The instants at which licenses go; `more`: there are more than were read."""

    due: Sequence[datetime]
    more: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the overview is made from. `freed` counts by the names of licenses."""

    attention: Listing
    held: Listing
    removals: ComingRemovals
    catalog: Sequence[CatalogEntry]
    freed: Counter[str]
    acts: Sequence[AuditEntry]
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person who waits for an operator."""

    okta_user_id: str
    name: str
    login: str
    why: str
    since: datetime | None
    state: State
    buttons: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that was done; `by` is who caused it, as far as is known."""

    at: datetime
    what: str
    detail: str
    outcome: State
    okta_user_id: str
    login: str
    by: str


@dataclass(frozen=True, slots=True)
class Seats:
    """One SKU; the widths are in thousandths of the bar."""

    name: str
    enabled: int
    used: int
    free: int
    waiting: int
    freed: int
    used_width: int
    waiting_width: int
    free_x: int
    free_width: int


def overview(facts: Facts, frame: Frame, names: SkuNames) -> str:
    first = frame.now.astimezone(frame.zone).date()
    due = [at.astimezone(frame.zone).date() for at in facts.removals.due]
    seats = seats_of(facts.catalog, facts.attention.people, facts.freed)
    return render(
        "overview.html",
        frame,
        headline=headline(facts),
        wide=chart(due, first, 7 * WEEKS, 1050, 190),
        narrow=chart(due, first, 14, 336, 150),
        removals=facts.removals,
        attention=[waiting(member, names) for member in _urgent_first(facts.attention.people)[:SHOWN_ATTENTION]],
        all_attention=facts.attention,
        held=[waiting(member, names) for member in in_order_held(facts.held.people)[:SHOWN_HELD]],
        all_held=facts.held,
        seats=seats[:SHOWN_SKUS],
        more_seats=max(0, len(seats) - SHOWN_SKUS),
        stored_at=max((entry.stored_at for entry in facts.catalog), default=None),
        acts=[act(each, frame, names) for each in facts.acts],
        checks=shown_checks(facts.checks),
    )


def headline(facts: Facts) -> State:
    """The answer to: does anything need me?"""
    decisions = [member for member in facts.attention.people if not member.tries_again]
    parts = []
    if decisions:
        more = "More than " if facts.attention.more else ""
        parts.append(f"{more}{count_of(len(decisions), 'person needs', 'people need')} a decision")
    if facts.held.people:
        parts.append(f"{facts.held.count} {'is' if len(facts.held.people) == 1 else 'are'} held by the brake")
    if parts:
        return State(f"{' and '.join(parts)}.", "bad" if decisions else "warn")
    if trouble := [check.name for check in facts.checks if check.outcome is Outcome.FAILED]:
        return State(f"Nobody waits for you, but look at {_listed(trouble)}.", "warn")
    return State("Nothing needs you.", "good")


def waiting(member: Member, names: SkuNames) -> Waiting:
    return Waiting(
        okta_user_id=member.okta_user_id,
        name=words.called(member),
        login=member.login,
        why=words.with_names(member.reason or "", names),
        since=member.updated_at,
        state=words.state_of(member),
        buttons=words.buttons(awaited_commands(member)),
    )


def in_order_held(people: Iterable[Member]) -> list[Member]:
    """Those first who have been held longest."""
    return sorted(people, key=lambda each: (each.updated_at or each.published, each.okta_user_id))


def _urgent_first(people: Iterable[Member]) -> list[Member]:
    """Those who need a decision before those whose run tries again by itself; the newest first."""
    newest = sorted(people, key=lambda each: each.updated_at or each.published, reverse=True)
    return sorted(newest, key=lambda each: each.tries_again)


def act(entry: AuditEntry, frame: Frame, names: SkuNames) -> Act:
    return Act(
        at=entry.at,
        what=words.act(entry.act),
        detail=words.detail(entry, frame, names),
        outcome=words.outcome(entry.outcome, names),
        okta_user_id=entry.okta_user_id,
        login=entry.login or "",
        by=words.caused_by(entry.actor),
    )


def seats_of(catalog: Iterable[CatalogEntry], waiting: Iterable[Member], freed: Counter[str]) -> list[Seats]:
    """Each SKU of the tenant once: those somebody waits for first, then those with the fewest free seats."""
    wanted = Counter(sku_id for member in waiting if member.tries_again for sku_id in _short_of(member))
    skus = {entry.sku_id: entry for entry in sorted(catalog, key=lambda each: each.stored_at)}
    found = [
        _seats(entry, wanted[sku_id.lower()], freed[entry.name])
        for sku_id, entry in skus.items()
        if entry.capability_status != VANISHED
    ]
    return sorted(found, key=lambda each: (-each.waiting, each.free, each.name.casefold()))


def _short_of(member: Member) -> set[str]:
    return set(words.sku_ids_in(member.reason or ""))


def _seats(entry: CatalogEntry, waiting: int, freed: int) -> Seats:
    free = max(0, entry.enabled_units - entry.consumed_units)
    whole = max(entry.enabled_units, entry.consumed_units) + waiting
    used_width, waiting_width = share(entry.consumed_units, whole), share(waiting, whole)
    used_width = min(used_width, 1000 - waiting_width)
    return Seats(
        name=entry.name,
        enabled=entry.enabled_units,
        used=entry.consumed_units,
        free=free,
        waiting=waiting,
        freed=freed,
        used_width=used_width,
        waiting_width=waiting_width,
        free_x=used_width + waiting_width,
        free_width=max(0, 1000 - used_width - waiting_width),
    )


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
