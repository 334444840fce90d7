"""The health checks: what each one says, and what the app's own clock and places come to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lifecycle.system_log import Place

# Okta refuses an assertion whose times are a few minutes off, and what is young or old is judged by both clocks.
SKEW_TO_MIND = timedelta(minutes=1)
SKEW_TOO_LARGE = timedelta(minutes=5)
# Catch-up runs every five minutes, the drift check every night.
CATCH_UP_LATE = timedelta(minutes=15)
CATCH_UP_BEHIND = timedelta(hours=1)
DRIFT_CHECK_LATE = timedelta(hours=36)


class Outcome(StrEnum):
    """From bad to worse. A warning is what somebody may have wanted so, or what cannot be seen from here."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, what was found, and what to do about it. Neither a secret nor a person's name is in it."""

    name: str
    outcome: Outcome
    found: str
    cure: str | None = None


@dataclass(frozen=True, slots=True)
class LastDriftCheck:
    """The last drift check that could read everything."""

    at: datetime
    findings: int
    kinds: Mapping[str, int]


def ok(name: str, found: str) -> Check:
    return Check(name, Outcome.OK, found)


def warning(name: str, found: str, cure: str) -> Check:
    return Check(name, Outcome.WARNING, found, cure)


def failed(name: str, found: str, cure: str) -> Check:
    return Check(name, Outcome.FAILED, found, cure)


def worst(checks: Iterable[Check]) -> Outcome:
    """How it stands as a whole."""
    order = list(Outcome)
    return max((check.outcome for check in checks), key=order.index, default=Outcome.OK)


def judge_clock(system: str, theirs: datetime, ours: datetime) -> Check:
    """A vendor's clock against ours, which nobody knows better than to a second."""
    name, skew = f"Clock, against {system}", theirs - ours
    found = (
        f"{system} is {abs(skew).total_seconds():.0f} s {'ahead of' if skew > timedelta() else 'behind'} this machine"
    )
    cure = "Let this machine take its time from the network (NTP); in Azure, restart the app, which moves it elsewhere."
    if abs(skew) > SKEW_TOO_LARGE:
        return failed(name, found, cure)
    return warning(name, found, cure) if abs(skew) > SKEW_TO_MIND else ok(name, found)


def judge_catch_up(place: Place | None, now: datetime) -> Check:
    """Whether catch-up reads the System Log, and has come to its end."""
    name = "Catch-up"
    if place is None:
        return warning(
            name,
            "it has not read Okta's System Log yet",
            "Wait for its first run, within five minutes of the start; if it stays so, look for `catch_up` in the log.",
        )
    since, behind = now - place.polled_at, now - place.read_to
    if since > CATCH_UP_LATE:
        return failed(
            name,
            f"it read Okta's System Log last {_ago(since)}",
            "Look for `catch_up` in the log: it says why it stopped. docs/operations.md, 'Catch-up stands still'.",
        )
    if behind > CATCH_UP_BEHIND:
        return warning(
            name,
            f"it works on events of {_ago(behind)}",
            "It reads 6,000 events every five minutes; if it does not come nearer, look for `catch_up` in the log.",
        )
    return ok(name, f"everything up to {_ago(behind)} has been read")


def judge_drift_check(last: LastDriftCheck | None, now: datetime) -> Check:
    """Whether the drift check comes to its end every night, and what it found."""
    name = "Drift check"
    again = "Start one, POST members/reconcile, and see in its run why it ends early."
    if last is None:
        return warning(name, "none has come to its end yet", f"Wait for the first night, or start one now. {again}")
    age = now - last.at
    if age > DRIFT_CHECK_LATE:
        return failed(name, f"the last one that could read everything was {_ago(age)}", again)
    if last.findings:
        kinds = ", ".join(f"{kind}: {count}" for kind, count in last.kinds.items())
        return warning(
            name,
            f"{last.findings} found {_ago(age)} ({kinds})",
            "Read them in the run or the mail of the check; POST members/reconcile with apply mends them.",
        )
    return ok(name, f"nothing found {_ago(age)}")


def judge_settings(*, dry_run: bool, operators_email: str | None) -> tuple[Check, ...]:
    """What is set so that somebody should know of it."""
    checks = []
    if dry_run:
        cure = "Set DRY_RUN to false when the trial is over."
        checks.append(warning("Dry run", "DRY_RUN is on: nothing is disabled, removed or mailed", cure))
    if operators_email is None:
        found = "OPERATORS_EMAIL is empty: nobody hears of what is held or needs attention"
        checks.append(warning("Operators' mail", found, "Set OPERATORS_EMAIL to a mailbox that is read."))
    return tuple(checks)


def _ago(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}s ago"
    return f"{seconds} seconds ago"
