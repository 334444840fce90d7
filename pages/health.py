"""The health checks: what was looked at, what was found, and what to do about it. The worst comes first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lifecycle.health import Check, Outcome
from pages.frame import Frame, count_of, render
from pages.words import State

STATES = {
    Outcome.OK: State("ok", "good"),
    Outcome.WARNING: State("look at it", "warn"),
    Outcome.FAILED: State("failed", "bad"),
}


@dataclass(frozen=True, slots=True)
class ShownCheck:
    name: str
    state: State
    found: str
    cure: str


def shown_checks(checks: Iterable[Check]) -> list[ShownCheck]:
    worst_first = sorted(checks, key=lambda check: -list(Outcome).index(check.outcome))
    return [ShownCheck(each.name, STATES[each.outcome], each.found, each.cure or "") for each in worst_first]


def health(checks: Sequence[Check], frame: Frame) -> str:
    return render("health.html", frame, headline=headline(checks), checks=shown_checks(checks))


def headline(checks: Sequence[Check]) -> State:
    failed = sum(check.outcome is Outcome.FAILED for check in checks)
    warned = sum(check.outcome is Outcome.WARNING for check in checks)
    if failed:
        return State(f"{count_of(failed, 'check')} failed.", "bad")
    if warned:
        return State(f"Nothing failed; look at {count_of(warned, 'thing')}.", "warn")
    return State("Everything is in order.", "good")
