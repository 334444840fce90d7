"""How the demo talks: one line per thing that happened, the mails as they are read, and the verdict."""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime

from local.demo.claims import Claim
from local.demo.observer import Mail, Observation

WIDTH = 110
WHAT_WIDTH = 76


def tell(at: float, who: str, what: str, seen_in: str) -> None:
    print(f"{at:5.1f} s  {who:<10} {textwrap.shorten(what, WHAT_WIDTH):<{WHAT_WIDTH}} {seen_in}", flush=True)


def tell_changes(old: Observation, new: Observation) -> None:
    """Print what differs between two observations."""
    before, after = old.account, new.account
    if before.enabled and not after.enabled:
        tell(new.at, "Offstage", "disables the Microsoft 365 account", "tenant: accountEnabled")
    if before.sessions_valid_from != after.sessions_valid_from:
        tell(new.at, "Offstage", "revokes the sign-in sessions", "tenant: signInSessionsValidFrom")
    for name in sorted(before.direct - after.direct):
        tell(new.at, "Offstage", f"removes {name}", "tenant: licenseAssignmentStates")
    for mail in new.mails[len(old.mails) :]:
        tell(new.at, "Offstage", f"mails the manager: {mail.subject}", "mailbox")
    if new.run != old.run and new.run.stage:
        due = f", due at {datetime.fromisoformat(new.run.due_at):%H:%M:%S %Z}" if new.run.due_at else ""
        reason = f" ({new.run.reason})" if new.run.reason else ""
        tell(new.at, "its run", f"says {new.run.stage}{due}{reason}", f"durable status: {new.run.runtime_status}")


def show_mails(mails: Iterable[Mail], reader: str) -> None:
    for number, mail in enumerate(mails, start=1):
        print(f"\n+-- mail {number} in the mailbox of {reader} " + "-" * 30)
        print(f"| Subject: {mail.subject}\n|")
        for paragraph in mail.text.splitlines():
            for line in textwrap.wrap(paragraph, WIDTH) or [""]:
                print(f"| {line}".rstrip())
        print("+" + "-" * 60)


def show_claims(found: Sequence[Claim]) -> None:
    print("\nWhat was claimed, and what was seen outside the app:")
    for claim in found:
        print(f"  {'yes' if claim.holds else 'NO '}  {claim.says}  [{claim.seen_in}]")
