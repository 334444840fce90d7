"""The page of one person: where the person stands, what can be said about it now, and everything that was done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lifecycle.accounts import Account
from lifecycle.audit import OPERATOR_COMMAND, AuditEntry
from lifecycle.commands import outstanding_command, sensible_commands
from lifecycle.licenses import AssignedLicense, MalformedSnapshot, Snapshot, from_json
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.members import Member
from lifecycle.stages import Phase, words_of
from pages import words
from pages.frame import Frame, render
from pages.words import SkuNames, State

_GOOD_MAILS = frozenset({MailState.SENT, MailState.RECORDED, MailState.WAITING, MailState.SENDING, MailState.OUTDATED})


@dataclass(frozen=True, slots=True)
class Known:
    """All that is known of a person. `account` is the person's still; `stage` is what the run shows of itself."""

    member: Member
    account: Account | None
    acts: Sequence[AuditEntry]
    mails: Sequence[LedgerEntry]
    stage: str | None = None


@dataclass(frozen=True, slots=True)
class License:
    """A product, and what becomes of it."""

    name: str
    becomes: State


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the story. A mail has a `text`; `by` is who did it, where that is known."""

    at: datetime
    kind: str
    title: str
    detail: str = ""
    outcome: str = ""
    by: str = ""
    text: tuple[str, ...] = ()
    dry_run: bool = False


def person(known: Known, frame: Frame, names: SkuNames) -> str:
    member = known.member
    return render(
        "person.html",
        frame,
        member=member,
        name=words.called(member),
        state=words.state_of(member),
        account=known.account,
        due_at=known.account.due_at if known.account else None,
        waits=waits_for(known, names),
        given=outstanding_command(member),
        buttons=words.buttons(sensible_commands(member)),
        licenses=licenses_of(known.account, names),
        story=story(known, frame, names),
    )


def waits_for(known: Known, names: SkuNames) -> str:
    """What the run waits for, in a sentence or two; the date of a grace period stands beside it."""
    member = known.member
    match member.phase:
        case Phase.NEEDS_ATTENTION if member.tries_again:
            return f"The run tries again every hour by itself: {words.with_names(member.reason or '', names)}."
        case Phase.NEEDS_ATTENTION:
            return f"The run waits for your decision: {words.with_names(member.reason or '', names)}."
        case Phase.HELD:
            return "The brake has stopped the run: too many people left within an hour. Nothing was done so far."
        case Phase.GRACE_PERIOD:
            return "The account is disabled, and the licenses are still there. The run waits for the day they go."
        case Phase.CLAIMED:
            doing = words_of(known.stage or "")
            return f"A run is at work: {doing}." if doing else "A run is at work."
        case _:
            return f"No run is at work. {words.with_names(member.reason or '', names)}".strip()


def licenses_of(account: Account | None, names: SkuNames) -> list[License] | None:
    """What the account had, and what becomes of each; None when the snapshot cannot be read."""
    try:
        snapshot = from_json(account.snapshot if account else None)
    except MalformedSnapshot:
        return None
    due = account is not None and account.due_at is not None
    return [License(_name(each.license, names), _becomes(each.license, each.taken, due)) for each in _sorted(snapshot)]


def _becomes(license: AssignedLicense, taken: bool, is_due: bool) -> State:
    if taken:
        return State("taken, comes back with the person", "off")
    if not license.direct:
        return State("stays: a group gives it", "good")
    return State("goes on the date", "wait") if is_due else State("is there", "good")


def _sorted(snapshot: Snapshot) -> Snapshot:
    return tuple(sorted(snapshot, key=lambda each: (not each.license.direct, each.taken, each.license.sku_id)))


def _name(license: AssignedLicense, names: SkuNames) -> str:
    return names.get(license.sku_id.lower(), license.sku_id)


def story(known: Known, frame: Frame, names: SkuNames) -> list[Entry]:
    """Newest first. Each mail has a row of its own in the ledger, so its act is left out."""
    acts = [_act(each, frame, names) for each in known.acts if not each.act.startswith(words.MAIL)]
    mails = [_mail(each) for each in known.mails]
    event = Entry(known.member.published, "event", _event(known.member))
    return sorted([*acts, *mails, event], key=lambda each: each.at, reverse=True)


def _event(member: Member) -> str:
    newest = member.newest.event_type if member.newest else ""
    group = f" {member.group_name}" if member.group_name else ""
    if "membership.remove" in newest:
        return f"Left the group{group} in Okta"
    if "membership.add" in newest:
        return f"Joined the group{group} in Okta"
    kinds = {"deactivate": "Deactivated in Okta", "activate": "Activated in Okta", "suspend": "Suspended in Okta"}
    return kinds.get(newest.rpartition(".")[2], "Event in Okta")


def _act(entry: AuditEntry, frame: Frame, names: SkuNames) -> Entry:
    went = words.outcome(entry.outcome, names)
    is_operator = entry.act == OPERATOR_COMMAND
    return Entry(
        at=entry.at,
        kind="bad" if went.kind == "bad" else "operator" if is_operator else "act",
        title=words.act(entry.act),
        detail=words.detail(entry, frame, names),
        outcome="" if went.kind == "good" else went.word,
        by=words.caused_by(entry.actor),
        dry_run=entry.dry_run,
    )


def _mail(entry: LedgerEntry) -> Entry:
    outcome = "; ".join(filter(None, (entry.state.value, "may have come twice" * entry.may_be_twice, entry.error)))
    return Entry(
        at=entry.at,
        kind="mail" if entry.state in _GOOD_MAILS else "bad",
        title=entry.subject,
        detail=f"to {entry.recipient}" if entry.recipient else "",
        outcome=outcome,
        text=tuple(entry.text.splitlines()),
    )


def names_of(sku_ids: Iterable[str], names: SkuNames) -> list[str]:
    return sorted(names.get(sku_id.lower(), sku_id) for sku_id in sku_ids)
