"""The mails, as the manager and the operators read them."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.delays import Delay, IntervalType
from lifecycle.mails import (
    Mail,
    PersonName,
    account_disabled_mail,
    licenses_removed_mail,
    operators_attention_mail,
)

MAYA = PersonName("Maya Lin", "maya.lin@contoso.com")
REMOVAL_AT = datetime(2026, 10, 14, 10, 38, 41, tzinfo=UTC)
THIRTY_DAYS = Delay(30, IntervalType.DAY)
INSTANCE = "staged_deactivation-d41c7e80-9c21-11f0-b0de-15a9c4e77f11"
VOID = {"meta", "br", "link", "img", "hr"}


class Shown(HTMLParser):
    """The text a reader sees, and the elements; balks at elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.pieces: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return flat("".join(self.pieces))


def flat(text: str) -> str:
    return " ".join(text.split())


def disabled_mail(person: PersonName = MAYA, manager_name: str | None = "Iris Admin", **differing: str) -> Mail:
    return account_disabled_mail(person, manager_name, REMOVAL_AT, THIRTY_DAYS, **differing)


def removed_mail(
    removed: list[str] | None = None,
    inherited: list[str] | None = None,
    failed: list[tuple[str, str]] | None = None,
    out_of_scope: list[str] | None = None,
    person: PersonName = MAYA,
    account_deleted: bool = False,
) -> Mail:
    return licenses_removed_mail(
        person,
        "Iris Admin",
        removed=removed or [],
        inherited=inherited or [],
        failed=failed or [],
        out_of_scope=out_of_scope or [],
        account_deleted=account_deleted,
    )


def attention_mail(
    person: PersonName = MAYA, reason: str = "Insufficient privileges to complete the operation."
) -> Mail:
    return operators_attention_mail(
        person, step="disabling the account", reason=reason, instance=INSTANCE, okta_user_id="00u7new3Zp5Rt6Vb15d7"
    )


def both_bodies(mail: Mail) -> tuple[str, str]:
    return Shown(mail.html).text, flat(mail.text)


def test_the_first_mail_says_what_the_flow_packs_did_and_when_the_licenses_go() -> None:
    mail = disabled_mail()

    assert mail.subject == "Office 365 Account for Maya Lin (maya.lin@contoso.com) disabled."
    for body in both_bodies(mail):
        assert "Hello Iris Admin," in body
        assert "On 14 October 2026, 10:38 UTC, when the delay of 30 days is over, the Microsoft 365 licenses" in body
        assert "Is this a mistake? Ask your identity team" in body


def test_the_first_mail_gives_the_reason_when_there_is_one() -> None:
    for body in both_bodies(disabled_mail(reason="the user is in no managed group")):
        assert "revoked, because the user is in no managed group." in body


def test_the_date_is_in_utc_whatever_the_instant_was_in() -> None:
    due = datetime(2026, 3, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))

    mail = account_disabled_mail(MAYA, None, due, None)

    assert "28 February 2026, 23:05 UTC" in mail.text


@pytest.mark.parametrize("delay", [None, Delay(0, IntervalType.DAY)])
def test_no_delay_is_not_mentioned(delay: Delay | None) -> None:
    for body in both_bodies(account_disabled_mail(MAYA, None, REMOVAL_AT, delay)):
        assert "On 14 October 2026, 10:38 UTC the Microsoft 365 licenses" in body


def test_a_manager_without_name_is_greeted_all_the_same() -> None:
    for body in both_bodies(disabled_mail(manager_name=None)):
        assert "Hello," in body


def test_a_person_without_name_is_called_by_the_login_once() -> None:
    mail = disabled_mail(PersonName("maya.lin@contoso.com", "maya.lin@contoso.com"))

    assert mail.subject == "Office 365 Account for maya.lin@contoso.com disabled."


def test_the_second_mail_names_every_license_under_the_right_heading() -> None:
    mail = removed_mail(
        ["Microsoft 365 E3", "Visio Plan 2"], ["Microsoft Teams"], [("Power BI Pro", "plans depend on it")], ["Project"]
    )

    for body, bullet in zip(both_bodies(mail), ("", "- "), strict=True):
        for part in (
            f"The licenses removed are: {bullet}Microsoft 365 E3 {bullet}Visio Plan 2",
            f"These could not be removed: {bullet}Power BI Pro (plans depend on it)",
            f"a group in Microsoft Entra ID gives them: {bullet}Microsoft Teams",
            f"These were left alone, because Offstage is not set to remove them: {bullet}Project",
        ):
            assert part in body


def test_headings_without_licenses_are_left_out() -> None:
    for body in both_bodies(removed_mail(["Microsoft 365 E3"])):
        assert "could not be removed" not in body
        assert "Entra ID" not in body
        assert "left alone" not in body


@pytest.mark.parametrize(
    ("mail", "subject"),
    [
        (removed_mail(["E3"]), "The Office 365 licenses for Maya Lin (maya.lin@contoso.com) have been removed."),
        (
            removed_mail(["E3"], failed=[("E5", "refused")]),
            "Not all Office 365 licenses for Maya Lin (maya.lin@contoso.com) could be removed.",
        ),
        (
            removed_mail(failed=[("E5", "refused")]),
            "The Office 365 licenses for Maya Lin (maya.lin@contoso.com) could not be removed.",
        ),
        (
            removed_mail(inherited=["E3"]),
            "No Office 365 licenses of Maya Lin (maya.lin@contoso.com) have been removed.",
        ),
    ],
)
def test_the_second_subject_claims_only_what_is_true(mail: Mail, subject: str) -> None:
    assert mail.subject == subject


@pytest.mark.parametrize("mail", [removed_mail(inherited=["E3"]), removed_mail(failed=[("E5", "refused")])])
def test_the_second_mail_says_when_nothing_was_removed(mail: Mail) -> None:
    for body in both_bodies(mail):
        assert "No license has been removed." in body
        assert "given back" not in body


def test_the_second_mail_says_that_the_account_was_deleted_meanwhile() -> None:
    mail = removed_mail(account_deleted=True)

    assert mail.subject == "The Office 365 Account for Maya Lin (maya.lin@contoso.com) was deleted."
    for body in both_bodies(mail):
        assert "its licenses went with it. Nothing was left to remove." in body
        assert "No license has been removed." not in body
        assert "stays disabled" not in body


def test_operators_learn_who_where_why_and_how_to_answer() -> None:
    mail = attention_mail()

    assert mail.subject == "Offstage needs attention: Maya Lin (maya.lin@contoso.com), disabling the account"
    for body in both_bodies(mail):
        assert "Insufficient privileges to complete the operation." in body
        assert "https://<app>/api/members/00u7new3Zp5Rt6Vb15d7/retry" in body
        assert INSTANCE in body
        for command in ("retry", "skip", "discard"):
            assert command in body


@pytest.mark.parametrize("mail", [disabled_mail(), removed_mail(["E3"], ["E5"]), attention_mail()])
def test_the_html_needs_nothing_from_elsewhere(mail: Mail) -> None:
    shown = Shown(mail.html)

    assert not shown.elements & {"script", "img", "link", "style", "iframe", "form", "a"}
    assert not shown.attributes & {"src", "href", "background"}


@pytest.mark.parametrize("mail", [disabled_mail(), removed_mail(["E3"], ["E5"]), attention_mail()])
def test_plain_text_is_wrapped(mail: Mail) -> None:
    assert all(len(line) <= 76 or "/runtime/webhooks" in line for line in mail.text.splitlines())
    assert "\n\n\n" not in mail.text


HOSTILE = '<script>alert("1")</script>\r\nBcc: all@contoso.com\u202e\u0000'


@pytest.mark.parametrize(
    "mail",
    [
        disabled_mail(PersonName(HOSTILE, HOSTILE), HOSTILE, reason=HOSTILE),
        removed_mail([HOSTILE], [HOSTILE], [(HOSTILE, HOSTILE)], [HOSTILE], PersonName(HOSTILE, HOSTILE)),
        attention_mail(PersonName(HOSTILE, HOSTILE), HOSTILE),
    ],
)
def test_a_hostile_name_stays_text_on_one_line(mail: Mail) -> None:
    assert "script" not in Shown(mail.html).elements
    assert "<script>alert(" in mail.subject
    assert len(mail.subject.splitlines()) == 1
    assert not set("\u202e\u0000\r") & set(mail.subject + mail.html + mail.text)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_name_breaks_a_mail(name: str, login: str) -> None:
    mail = disabled_mail(PersonName(name, login), name, reason=name or "unknown")

    Shown(mail.html)
    assert len(mail.subject) <= 255
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in mail.subject)
    (mail.subject + mail.html + mail.text).encode("utf-8")


def test_a_very_long_name_is_cut_and_the_login_still_shown() -> None:
    mail = disabled_mail(PersonName("Maya " * 100, "maya.lin@contoso.com"))

    assert "… (maya.lin@contoso.com) disabled." in mail.subject
    assert len(mail.subject) < 160


def test_joiners_that_writing_systems_need_are_kept() -> None:
    assert "ক\u200cষ" in disabled_mail(PersonName("ক\u200cষ", "m@contoso.com")).subject
