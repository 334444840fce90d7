"""Whose an account is: every clause of the fourth step, and the sequences that break without it."""

from dataclasses import replace

import pytest

from lifecycle.ownership import MINE, Candidate, Verdict, Whose, decide_owner

A = Candidate("00uA", "maya.lin@contoso.com", is_living=True)  # the user from before
B = Candidate("00uB", "maya.lin@contoso.com", is_living=True)  # rehired, or with the same mail address
C = Candidate("00uC", "ana@contoso.com", is_living=True)


def dead(candidate: Candidate) -> Candidate:
    return replace(candidate, is_living=False)


def entitled(candidate: Candidate) -> Candidate:
    return replace(candidate, is_entitled=True)


def theirs(*owners: Candidate) -> Verdict:
    return Verdict(Whose.THEIRS, owners)


def unclear(*owners: Candidate) -> Verdict:
    return Verdict(Whose.UNCLEAR, owners)


@pytest.mark.parametrize(
    ("by_login", "owner", "by_mail", "verdict"),
    [
        (A, None, (), MINE),
        (A, B, (C,), MINE),
        (B, A, (A,), theirs(B)),
        (dead(B), A, (), MINE),
        (None, A, (B,), MINE),
        (None, B, (A,), theirs(B)),
        (None, dead(B), (A,), MINE),
        (dead(B), dead(C), (A,), MINE),
        (None, None, (A,), MINE),
        (None, None, (B,), theirs(B)),
        (None, None, (A, dead(B)), MINE),
        (None, None, (A, A), MINE),
        (None, None, (A, B), unclear(B)),
        (None, dead(C), (A, B, C), unclear(B, C)),
        (None, None, (B, C), unclear(B, C)),
        (None, None, (), MINE),
    ],
    ids=[
        "(a) the login is the name",
        "(a) goes before the owner and before any mail",
        "(a) another one's login is the name",
        "(a) counts only while living",
        "(b) the owner so far",
        "(b) another one is the owner",
        "(b) counts only while living",
        "(c) everybody else is gone",
        "(c) the only one by mail",
        "(c) another one is the only one by mail",
        "(c) a dead one by mail is none",
        "(c) one user found twice is one",
        "(d) two by mail alone",
        "(d) three of them, named without the one who asks",
        "(d) without the one who asks",
        "nobody else at all",
    ],
)
def test_account_of_a_living_user_is_the_first_that_fits(
    by_login: Candidate | None, owner: Candidate | None, by_mail: tuple[Candidate, ...], verdict: Verdict
) -> None:
    assert decide_owner(A, by_login=by_login, owner=owner, by_mail=by_mail) == verdict


@pytest.mark.parametrize(
    ("by_login", "owner", "by_mail", "verdict"),
    [
        (B, None, (), MINE),
        (entitled(B), None, (), theirs(entitled(B))),
        (B, B, (), theirs(B)),
        (None, B, (), theirs(B)),
        (None, None, (B,), MINE),
        (None, None, (entitled(B),), theirs(entitled(B))),
        (None, None, (entitled(B), C), unclear(entitled(B))),
        (None, None, (B, C), MINE),
        (dead(A), dead(A), (dead(B),), MINE),
        (None, dead(B), (), MINE),
    ],
    ids=[
        "the name is another one's login",
        "the same, who is entitled",
        "the same, who owns it",
        "another one owns it",
        "another one by mail, who was never managed",
        "the same, who is entitled",
        "of two by mail only the entitled one counts",
        "nobody by mail is entitled",
        "nobody is living: any of them may end it",
        "the owner is dead too",
    ],
)
def test_user_who_is_not_living_yields_only_to_a_living_one_who_is_entitled_or_the_owner(
    by_login: Candidate | None, owner: Candidate | None, by_mail: tuple[Candidate, ...], verdict: Verdict
) -> None:
    assert decide_owner(dead(A), by_login=by_login, owner=owner, by_mail=by_mail) == verdict


def test_rehired_person_takes_the_account_of_a_dead_owner_whose_login_is_its_name_still() -> None:
    """Without it the rehired person loses everything: refused, while the run of the dead one waits for its date."""
    assert decide_owner(B, by_login=dead(A), owner=dead(A), by_mail=()) == MINE
    assert decide_owner(dead(A), by_login=dead(A), owner=entitled(B), by_mail=()) == theirs(entitled(B))


def test_run_of_the_former_owner_does_not_take_back_what_a_living_user_has_claimed() -> None:
    """Also when its reading shows the former owner living still."""
    assert decide_owner(A, by_login=None, owner=B, by_mail=(A,)) == theirs(B)


def test_whoever_edits_a_mail_address_does_not_block_a_leaver() -> None:
    assert decide_owner(A, by_login=A, owner=None, by_mail=(A, entitled(C))) == MINE
    assert decide_owner(C, by_login=A, owner=None, by_mail=(A, C)) == theirs(A)


def test_verdict_names_everybody_who_may_own_the_account() -> None:
    assert unclear(B, C).in_words == "maya.lin@contoso.com (00uB), ana@contoso.com (00uC)"


def test_user_who_set_a_mail_address_and_leaves_yields_to_the_one_whose_login_is_the_name() -> None:
    """Whoever is put under management, sets the address of a colleague and is deactivated has nobody else disabled."""
    assert decide_owner(dead(C), by_login=A, owner=None, by_mail=(A,)) == theirs(A)
    assert decide_owner(dead(C), by_login=A, owner=dead(B), by_mail=()) == theirs(A)
    assert decide_owner(dead(C), by_login=A, owner=dead(C), by_mail=()) == MINE


def test_leaver_whose_login_only_looks_like_the_name_yields_to_whose_login_it_is() -> None:
    """A long s is an s to `casefold`; to Okta and Microsoft 365 it is another login."""
    lookalike = Candidate("00uZ", "maya.lin@conto\u017fo.com", is_living=False)

    assert decide_owner(lookalike, by_login=A, owner=None, by_mail=()) == theirs(A)
