"""The mails, as the manager and the operators read them."""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.delays import Delay, IntervalType
from lifecycle.entitlement import Cause
from lifecycle.mail_examples import examples
from lifecycle.mails import (
    Letterhead,
    Mail,
    PersonName,
    Reader,
    Removed,
    account_disabled_mail,
    account_enabled_mail,
    date_changed_mail,
    licenses_kept_mail,
    licenses_removed_mail,
    reminder_mail,
)
from lifecycle.operator_mails import HeldWave, attention_mail, wave_held_mail

HEAD = Letterhead()
CONTOSO = Letterhead("Contoso GmbH", "it-help@contoso.com", time_zone="Europe/Berlin")
MAYA = PersonName("Maya Lin", "maya.lin@contoso.com")
IRIS = Reader("Iris Admin")
DUE_AT = datetime(2026, 10, 14, 10, 38, 41, tzinfo=UTC)
THIRTY_DAYS = Delay(30, IntervalType.DAY)
INSTANCE = "staged_deactivation-d41c7e80-9c21-11f0-b0de-15a9c4e77f11"
VOID = {"meta", "br", "link", "img", "hr"}
TO_MANAGERS = (
    "account_disabled",
    "reminder",
    "date_changed",
    "licenses_kept",
    "licenses_removed",
    "account_enabled",
)


class Shown(HTMLParser):
    """The text a reader sees, and the elements; balks at elements that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.pieces: list[str] = []
        self.style = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        elif tag == "br":
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return flat("".join(self.pieces))


def flat(text: str) -> str:
    return " ".join(text.split())


def disabled_mail(
    person: PersonName = MAYA,
    reader: Reader = IRIS,
    *,
    head: Letterhead = HEAD,
    delay: Delay | None = THIRTY_DAYS,
    cause: Cause | None = None,
    licenses: list[str] | None = None,
    due_at: datetime = DUE_AT,
) -> Mail:
    return account_disabled_mail(head, person, reader, due_at=due_at, delay=delay, cause=cause, licenses=licenses)


def removed_mail(*removed: str, person: PersonName = MAYA, found: Removed | None = None) -> Mail:
    return licenses_removed_mail(HEAD, person, IRIS, found or Removed(removed))


def needs_attention(
    person: PersonName = MAYA, reason: str = "Insufficient privileges to complete the operation."
) -> Mail:
    return attention_mail(
        HEAD,
        person,
        step="disabling the Microsoft 365 account",
        reason=reason,
        instance=INSTANCE,
        okta_user_id="00u7new3Zp5Rt6Vb15d7",
    )


def both_bodies(mail: Mail) -> tuple[str, str]:
    return Shown(mail.html).text, flat(mail.text)


def test_the_first_mail_says_what_the_flow_packs_did_and_when_the_licenses_go() -> None:
    mail = disabled_mail()

    assert mail.subject == "Office 365 Account for Maya Lin (maya.lin@contoso.com) disabled."
    for body in both_bodies(mail):
        assert "Hello Iris Admin," in body
        assert "On 14 October 2026, 10:38 UTC, when the delay of 30 days is over, the Microsoft 365 licenses" in body
        assert "Is this a mistake? Ask your identity team before that date to put Maya Lin back" in body


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.GONE, "everywhere, because Maya Lin no longer exists in Okta."),
        (Cause.DEACTIVATED, "everywhere, because Maya Lin was deactivated in Okta."),
        (Cause.SUSPENDED, "everywhere, because Maya Lin was suspended in Okta."),
        (Cause.NO_GROUP, "everywhere, because Maya Lin has left the Okta group for Microsoft 365."),
        (None, "signed out everywhere. Mailbox"),
    ],
)
def test_the_first_mail_gives_the_reason_in_words_for_a_manager(cause: Cause | None, words: str) -> None:
    for body in both_bodies(disabled_mail(cause=cause)):
        assert words in body


def test_the_first_mail_names_the_licenses_that_go_and_what_becomes_of_the_mailbox() -> None:
    for body, bullet in zip(
        both_bodies(disabled_mail(licenses=["Microsoft 365 E3", "Visio"])), ("", "- "), strict=True
    ):
        assert f"These licenses will be removed: {bullet}Microsoft 365 E3 {bullet}Visio" in body
        assert "keeps the data of a mailbox for about 30 days after its license is removed" in body


def test_nobody_is_told_of_a_date_on_which_nothing_goes() -> None:
    for body in both_bodies(disabled_mail(licenses=[])):
        assert "No license will be removed: the account has none of its own." in body
        assert "October" not in body
        assert "before that date" not in body


def test_a_license_that_nobody_knows_a_name_of_is_no_empty_line() -> None:
    assert "- a license without a name" in disabled_mail(licenses=[""]).text


def test_a_company_is_named_and_can_be_asked() -> None:
    for body in both_bodies(disabled_mail(head=CONTOSO)):
        assert "Ask your identity team (it-help@contoso.com) before" in body
        assert "You can simply answer this mail." in body
        assert "Sent automatically by Offstage for Contoso GmbH" in body
        assert "Questions: it-help@contoso.com" in body
    assert Shown(disabled_mail(head=CONTOSO).html).text.count("Contoso GmbH") == 2


def test_the_date_is_in_utc_unless_a_time_zone_is_set() -> None:
    due = datetime(2026, 3, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))

    assert "28 February 2026, 23:05 UTC" in disabled_mail(due_at=due).text


@pytest.mark.parametrize(
    ("due", "shown"),
    [
        (datetime(2026, 7, 31, 22, 30, tzinfo=UTC), "1 August 2026, 00:30 (Europe/Berlin)"),
        (datetime(2026, 12, 31, 22, 30, tzinfo=UTC), "31 December 2026, 23:30 (Europe/Berlin)"),
    ],
)
def test_the_date_is_in_the_companys_zone_which_is_named(due: datetime, shown: str) -> None:
    assert shown in flat(disabled_mail(head=CONTOSO, due_at=due).text)


@pytest.mark.parametrize("delay", [None, Delay(0, IntervalType.DAY)])
def test_no_delay_is_not_mentioned(delay: Delay | None) -> None:
    for body in both_bodies(disabled_mail(delay=delay)):
        assert "On 14 October 2026, 10:38 UTC the Microsoft 365 licenses" in body


def test_a_manager_without_name_is_greeted_all_the_same() -> None:
    for body in both_bodies(disabled_mail(reader=Reader())):
        assert "Hello," in body
        assert "in place of a manager" not in body


def test_operators_learn_that_they_are_told_in_place_of_a_manager() -> None:
    for body in both_bodies(disabled_mail(reader=Reader(no_manager=True))):
        assert "You get this mail in place of a manager" in body


def test_a_person_without_name_is_called_by_the_login_once() -> None:
    mail = disabled_mail(PersonName("maya.lin@contoso.com", "maya.lin@contoso.com"))

    assert mail.subject == "Office 365 Account for maya.lin@contoso.com disabled."


def test_a_reminder_names_the_date_and_the_licenses() -> None:
    mail = reminder_mail(HEAD, MAYA, IRIS, due_at=DUE_AT, licenses=["Visio"])

    assert mail.subject.endswith("will be removed on 14 October 2026.")
    for body in both_bodies(mail):
        assert "Its licenses will be removed on 14 October 2026, 10:38 UTC." in body
        assert "Visio" in body


def test_another_date_is_told_as_a_decision() -> None:
    mail = date_changed_mail(HEAD, MAYA, IRIS, due_at=DUE_AT, licenses=None)

    for body in both_bodies(mail):
        assert "By decision of the identity team" in body
        assert "Licenses stay until" in body
        assert "14 October 2026, 10:38 UTC" in body


def test_licenses_that_stay_are_told_as_a_decision() -> None:
    for body in both_bodies(licenses_kept_mail(HEAD, MAYA, IRIS)):
        assert "By decision of the identity team" in body
        assert "are not removed after all. The account stays disabled" in body


def test_the_second_mail_names_every_license_under_the_right_heading() -> None:
    mail = removed_mail(
        found=Removed(["Microsoft 365 E3", "Visio Plan 2"], ["Power BI Pro"], ["Microsoft Teams"], ["Project"])
    )

    for body, bullet in zip(both_bodies(mail), ("", "- "), strict=True):
        for part in (
            f"The licenses removed are: {bullet}Microsoft 365 E3 {bullet}Visio Plan 2",
            f"These could not be removed yet: {bullet}Power BI Pro",
            f"a group in Microsoft Entra ID gives them: {bullet}Microsoft Teams",
            f"because they are not among those that are removed automatically: {bullet}Project",
        ):
            assert part in body


def test_headings_without_licenses_are_left_out() -> None:
    for body in both_bodies(removed_mail("Microsoft 365 E3")):
        assert "could not be removed" not in body
        assert "Entra ID" not in body
        assert "These stay" not in body


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Removed(["E3"]), "The delay after the Microsoft 365 account of Maya Lin"),
        (Removed(["E3"], early=True), "By decision of the identity team the Microsoft 365 licenses of Maya Lin"),
        (Removed(["E3"], left_group="Visio Users"), "left the Okta group Visio Users is over."),
    ],
)
def test_the_second_mail_says_why_now(found: Removed, said: str) -> None:
    bodies = both_bodies(removed_mail(found=found))

    for body in bodies:
        assert said in body
        assert ("delay" in body) is not found.early


@pytest.mark.parametrize(
    ("mail", "subject"),
    [
        (removed_mail("E3"), "The Office 365 licenses for Maya Lin (maya.lin@contoso.com) have been removed."),
        (
            removed_mail(found=Removed(["E3"], ["E5"])),
            "Not all Office 365 licenses for Maya Lin (maya.lin@contoso.com) could be removed.",
        ),
        (
            removed_mail(found=Removed(failed=["E5"])),
            "The Office 365 licenses for Maya Lin (maya.lin@contoso.com) could not be removed.",
        ),
        (
            removed_mail(found=Removed(inherited=["E3"])),
            "No Office 365 licenses of Maya Lin (maya.lin@contoso.com) have been removed.",
        ),
    ],
)
def test_the_second_subject_claims_only_what_is_true(mail: Mail, subject: str) -> None:
    assert mail.subject == subject


@pytest.mark.parametrize("found", [Removed(inherited=["E3"]), Removed(failed=["E5"])])
def test_the_second_mail_says_when_nothing_was_removed(found: Removed) -> None:
    for body in both_bodies(removed_mail(found=found)):
        assert "No license has been removed." in body
        assert "given back" not in body


def test_the_second_mail_says_that_the_account_was_deleted_meanwhile() -> None:
    mail = removed_mail(found=Removed(inherited=["E3"], out_of_scope=["E5"], account_deleted=True))

    assert mail.subject == "The Office 365 Account for Maya Lin (maya.lin@contoso.com) was deleted."
    for body in both_bodies(mail):
        assert "its licenses went with it. Nothing was left to remove." in body
        assert "No license has been removed." not in body
        assert "stays disabled" not in body
        assert "These stay" not in body


def test_licenses_that_are_missing_are_named_with_who_can_help() -> None:
    mail = account_enabled_mail(CONTOSO, MAYA, IRIS, was_disabled=True, given=["E3"], waiting=["Visio"], failed=["E5"])

    for body, bullet in zip(both_bodies(mail), ("", "- "), strict=True):
        assert f"The licenses added are: {bullet}E3" in body
        assert f"as soon as there is one: {bullet}Visio" in body
        assert f"These could not be added yet: {bullet}E5" in body
        assert "the licenses that are missing (it-help@contoso.com)." in body


def test_operators_learn_who_where_why_and_how_to_answer() -> None:
    mail = needs_attention()

    assert mail.subject.startswith("Offstage needs attention: Maya Lin (maya.lin@contoso.com), disabling the")
    for body in both_bodies(mail):
        assert "Insufficient privileges to complete the operation." in body
        assert "https://<app>/api/members/00u7new3Zp5Rt6Vb15d7/retry" in body
        assert INSTANCE in body
        for command in ("retry", "skip", "discard"):
            assert command in body


PEOPLE = [PersonName(f"Ada {number}", f"ada.{number}@contoso.com") for number in range(10)]


@pytest.mark.parametrize(
    ("wave", "subject", "counted", "listed"),
    [
        (HeldWave(DUE_AT, 1, PEOPLE[:1]), "Offstage holds one deactivation since", "People held: 1", "They are:"),
        (HeldWave(DUE_AT, 350, PEOPLE), "Offstage holds 350 deactivations", "People held: 350", "The first of them:"),
        (
            HeldWave(DUE_AT, 1000, PEOPLE, more_than=True),
            "Offstage holds more than 1000 deactivations",
            "People held: more than 1000",
            "The first of them:",
        ),
    ],
)
def test_operators_learn_of_a_wave_since_when_how_many_who_and_where_to_release_them(
    wave: HeldWave, subject: str, counted: str, listed: str
) -> None:
    mail = wave_held_mail(HEAD, wave)

    assert mail.subject.startswith(subject)
    assert f"- {counted}\n" in mail.text
    for body in both_bodies(mail):
        assert listed in body
        assert all(person.login in body for person in wave.people)
        assert "14 October 2026, 10:38 UTC" in body
        assert "https://<app>/api/dashboard" in body
        assert "POST https://<app>/api/members/release {}" in body


LETTERHEADS = [HEAD, CONTOSO, replace(CONTOSO, language="de")]
EXAMPLES = [
    pytest.param(name, mail, id=f"{number}-{name}")
    for number, head in enumerate(LETTERHEADS)
    for name, mail in examples(head).items()
]


@pytest.mark.parametrize(("name", "mail"), EXAMPLES)
def test_the_html_needs_nothing_from_elsewhere(name: str, mail: Mail) -> None:
    shown = Shown(mail.html)

    assert not shown.elements & {"script", "img", "link", "iframe", "form", "a"}
    assert not shown.attributes & {"src", "href", "background"}
    assert "url(" not in mail.html
    assert "@import" not in shown.style


@pytest.mark.parametrize(("name", "mail"), EXAMPLES)
def test_the_html_fits_a_phone_and_is_dark_where_the_reader_wants_it(name: str, mail: Mail) -> None:
    seen_everywhere = re.sub(r"<!--.*?-->", "", mail.html)  # what only Outlook for Windows reads left out

    assert not re.search(r'(?<!max-)width:\s*[0-9]{3,}px|width="[2-9][0-9]{2}"', seen_everywhere)
    assert "overflow-wrap:anywhere" in mail.html
    assert '<meta name="color-scheme" content="light dark">' in mail.html
    assert "prefers-color-scheme: dark" in Shown(mail.html).style


@pytest.mark.parametrize(("name", "mail"), EXAMPLES)
def test_both_bodies_say_the_same(name: str, mail: Mail) -> None:
    html, text = both_bodies(mail)

    words = re.findall(r"\w+", flat(text))
    shown = re.findall(r"\w+", html)
    assert set(words) <= set(shown)


@pytest.mark.parametrize(("name", "mail"), EXAMPLES)
def test_plain_text_is_wrapped_and_well_set(name: str, mail: Mail) -> None:
    prose = [line for line in mail.text.splitlines() if not line.startswith("  ")]

    assert all(len(line) <= 76 for line in prose)
    assert "\n\n\n" not in mail.text
    assert not re.search(r"\)\w|[,;]\w| [,.;]|\(\s", "\n".join(prose))


@pytest.mark.parametrize(
    ("name", "mail"), [case for case in EXAMPLES if str(case.values[0]).partition("-")[0] in TO_MANAGERS]
)
def test_a_manager_reads_of_one_product_and_no_word_of_ours_or_of_an_error(name: str, mail: Mail) -> None:
    for body in (flat(mail.text), re.sub(r"<title>.*?</title>", "", mail.html, flags=re.DOTALL)):
        assert "Office" not in body
        assert "managed group" not in body
        assert "verwaltet" not in body
        assert "DRY_RUN" not in body
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|\b[0-9]{3} \w+ error|Graph", body)


HOSTILE = '<script>alert("1")</script>\r\nBcc: all@contoso.com\u202e\u0000'
HOSTILE_PERSON = PersonName(HOSTILE, HOSTILE)


@pytest.mark.parametrize(
    "mail",
    [
        disabled_mail(HOSTILE_PERSON, Reader(HOSTILE), licenses=[HOSTILE]),
        removed_mail(person=HOSTILE_PERSON, found=Removed([HOSTILE], [HOSTILE], [HOSTILE], [HOSTILE], HOSTILE)),
        needs_attention(HOSTILE_PERSON, HOSTILE),
    ],
)
def test_a_hostile_name_stays_text_on_one_line(mail: Mail) -> None:
    assert "script" not in Shown(mail.html).elements
    assert "<script>alert(" in mail.subject
    assert len(mail.subject.splitlines()) == 1
    assert not set("\u202e\u0000\r") & set(mail.subject + mail.html + mail.text)


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_name_breaks_a_mail(name: str, login: str) -> None:
    mail = disabled_mail(PersonName(name, login), Reader(name), licenses=[name])

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
