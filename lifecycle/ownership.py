"""Whose an account is: at any time one Okta user owns it at the most. docs/ownership.md has the protocol around it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lifecycle.names import is_same_name


class Whose(StrEnum):
    MINE = "mine"
    THEIRS = "theirs"
    UNCLEAR = "unclear"  # several living users have the account's mail address, and nothing else tells them apart


@dataclass(frozen=True, slots=True)
class Candidate:
    """An Okta user who may own an account. Living: in Okta, and not deactivated."""

    okta_user_id: str
    login: str
    is_living: bool
    is_entitled: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whose the account is for the user who asks; `owners` are the others: the owner, or all who may be."""

    whose: Whose
    owners: tuple[Candidate, ...] = ()

    @property
    def in_words(self) -> str:
        return ", ".join(f"{owner.login} ({owner.okta_user_id})" for owner in self.owners)


MINE = Verdict(Whose.MINE)


def decide_owner(
    claimant: Candidate, *, by_login: Candidate | None, owner: Candidate | None, by_mail: Sequence[Candidate]
) -> Verdict:
    """Judge for a user who wants the account.

    `by_login` is the user whose login is the account's userPrincipalName, `owner` the one in the account's row,
    `by_mail` the users with its mail address who have no account of their own by login.

    The first living one of these owns it; of several by mail alone nobody can tell. A user who is not living yields
    only to a living user who is entitled, or who is the owner so far: otherwise whoever sets a mail address would
    keep a leaver's account enabled. Who has nothing but the mail address yields to the user whose login is the
    account's name too: otherwise whoever sets a mail address, and leaves, would have that account disabled. With nobody
    living, any of them may bring the removal to its end.
    """
    rightful = _rightful(by_login, owner, by_mail)
    others = tuple(each for each in rightful if each.okta_user_id != claimant.okta_user_id)
    if not claimant.is_living:
        owner_id = owner.okta_user_id if owner else None
        yields_to = {owner_id}
        if by_login and not is_same_name(by_login.login, claimant.login) and claimant.okta_user_id != owner_id:
            yields_to.add(by_login.okta_user_id)
        others = tuple(each for each in others if each.is_entitled or each.okta_user_id in yields_to)
    if not others:
        return MINE
    return Verdict(Whose.THEIRS if len(rightful) == 1 else Whose.UNCLEAR, others)


def _rightful(
    by_login: Candidate | None, owner: Candidate | None, by_mail: Iterable[Candidate]
) -> tuple[Candidate, ...]:
    for candidate in (by_login, owner):
        if candidate is not None and candidate.is_living:
            return (candidate,)
    return tuple({each.okta_user_id: each for each in by_mail if each.is_living}.values())
