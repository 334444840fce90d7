"""Who is entitled, by what Okta says now."""

import pytest

from lifecycle.entitlement import Cause, Entitlement, Group, UnknownStatus, judge_entitlement, protected_as

OFFICE = Group("00g2m365Abc9Qwe15d7", "Office 365 Assignments")
EVERYONE = Group("00g0everyone", "Everyone")


def manages(group_id: str | None, group_name: str | None) -> bool:
    return group_name == "Office 365 Assignments"


@pytest.mark.parametrize("status", ["ACTIVE", "STAGED", "PROVISIONED", "ACTIVATING", "LOCKED_OUT", "SUSPENDED"])
def test_member_of_a_managed_group_is_entitled_unless_deactivated(status: str) -> None:
    assert judge_entitlement(status, [EVERYONE, OFFICE], manages).entitled


def test_entitlement_names_the_managed_groups_and_no_other() -> None:
    entitlement = judge_entitlement("ACTIVE", [EVERYONE, OFFICE], manages)

    assert entitlement == Entitlement(True, "the user is in Office 365 Assignments", (OFFICE,), "ACTIVE")
    assert entitlement.group_ids == (OFFICE.id,)


def test_user_outside_every_managed_group_is_not_entitled() -> None:
    assert not judge_entitlement("ACTIVE", [EVERYONE], manages).entitled


def test_deactivated_user_is_not_entitled_although_okta_leaves_the_memberships() -> None:
    entitlement = judge_entitlement("DEPROVISIONED", [OFFICE], manages)

    assert (entitlement.entitled, entitlement.is_living) == (False, False)
    assert entitlement.groups == (OFFICE,)  # which tells that the person is managed


def test_reading_says_whether_the_user_lives_and_whether_okta_is_changing_the_status() -> None:
    assert judge_entitlement("SUSPENDED", [], manages).is_living
    assert not judge_entitlement(None, [], manages).is_living
    assert judge_entitlement("ACTIVE", [OFFICE], manages, is_changing=True).is_changing


def test_user_who_is_gone_is_not_entitled() -> None:
    entitlement = judge_entitlement(None, [], manages)

    assert not entitlement.entitled
    assert entitlement.reason == "the user no longer exists in Okta"


def test_suspension_counts_only_when_it_is_set_to() -> None:
    assert not judge_entitlement("SUSPENDED", [OFFICE], manages, deactivate_on_suspend=True).entitled


@pytest.mark.parametrize(
    ("status", "groups", "on_suspend", "cause"),
    [
        (None, [OFFICE], False, Cause.GONE),
        ("DEPROVISIONED", [], False, Cause.DEACTIVATED),
        ("SUSPENDED", [OFFICE], True, Cause.SUSPENDED),
        ("SUSPENDED", [EVERYONE], False, Cause.NO_GROUP),
        ("ACTIVE", [EVERYONE], False, Cause.NO_GROUP),
        ("ACTIVE", [OFFICE], False, None),
    ],
)
def test_reading_says_why_the_person_is_not_entitled(
    status: str | None, groups: list[Group], on_suspend: bool, cause: Cause | None
) -> None:
    assert judge_entitlement(status, groups, manages, deactivate_on_suspend=on_suspend).cause is cause


def test_unknown_status_allows_no_conclusion() -> None:
    with pytest.raises(UnknownStatus, match="HIBERNATING"):
        judge_entitlement("HIBERNATING", [EVERYONE], manages)


@pytest.mark.parametrize("login", ["Break.Glass@contoso.com", "break.glass@contoso.com"])
def test_protected_login_is_recognised_whatever_its_capitals(login: str) -> None:
    assert protected_as([None, login], frozenset({"break.glass@contoso.com"}), None)


def test_mail_sender_is_protected() -> None:
    assert protected_as(["Offboarding@contoso.com"], frozenset(), "offboarding@contoso.com")


def test_everybody_else_is_not_protected() -> None:
    assert protected_as(["maya.lin@contoso.com"], frozenset({"break.glass@contoso.com"}), None) is None
