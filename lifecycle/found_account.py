"""The Microsoft 365 account of a person, as it was found, and the claim of a run on it."""

from dataclasses import dataclass
from datetime import datetime

from lifecycle.ownership import Verdict, Whose


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """`owner_in_row` is the Okta user id of the owner so far. `is_known`: the person had it before, as the person's row
    says. `is_synced`: Active Directory is its source. `found_at` is when it was read.

    It stays in the history of the run, and so has no display names.
    """

    entra_user_id: str
    user_principal_name: str
    verdict: Verdict
    owner_in_row: str | None
    is_intended_disabled: bool
    is_known: bool
    is_synced: bool
    found_at: datetime

    def needs_second_look(self, okta_user_id: str) -> bool:
        """Every verdict but "mine" is looked at twice, and a "mine" that takes the account from another user."""
        if self.verdict.whose is not Whose.MINE:
            return True
        return self.owner_in_row not in (None, okta_user_id)


@dataclass(frozen=True, slots=True)
class Look:
    """Whether Okta said that the person is entitled, and when it was asked."""

    is_entitled: bool
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """Whose the account is; if it is this run's now, the run that stood there before, and when that wrote last.

    `look` is what the claim was decided by; None where an earlier claim of this run stands.
    """

    verdict: Verdict
    predecessor: str | None
    written_at: datetime | None = None
    look: Look | None = None
