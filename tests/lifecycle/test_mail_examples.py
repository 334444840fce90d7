"""The examples of all mails; by them templates are checked, ours and a company's own, in every language."""

import re
from pathlib import Path

import pytest

from lifecycle.mail_examples import examples, faults
from lifecycle.mail_rendering import TEMPLATES, Letterhead, Mail
from lifecycle.mail_words import LANGUAGES

CONTOSO = Letterhead("Contoso GmbH", "it-help@contoso.com", "en", "Europe/Berlin")
# Words that hardly a sentence does without, and that the other language does not have.
ENGLISH_WORDS = {"the", "and", "is", "are", "of", "to", "been", "have", "its", "will", "this", "with", "who"}


def in_language(language: str, folder: Path | None = None) -> Letterhead:
    return Letterhead("Contoso GmbH", "it-help@contoso.com", language, "Europe/Berlin", str(folder) if folder else None)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def prose(mail: Mail) -> str:
    """What was written for readers: without addresses and lines of code."""
    lines = [line for line in mail.text.splitlines() if not line.startswith("  ")]
    return "\n".join([mail.subject, *lines])


def sentences(mail: Mail) -> set[str]:
    """Without the names of people and products, which are the same in all languages."""
    found = re.split(r"[.:?!]\s|\n\n|\n- ", prose(mail))
    return {" ".join(each.split()) for each in found if re.search(r"[a-zäöü]\s[a-zäöü]", each)}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


GERMAN_MAILS = examples(in_language("de"))
ENGLISH_MAILS = examples(in_language("en"))


def test_every_template_has_an_example_and_its_twin_in_every_language() -> None:
    parts = {"footer.jinja", "greeting.jinja", "going.jinja", "mistake.jinja"}
    shown = {f"{name.partition('-')[0]}.jinja" for name in ENGLISH_MAILS}

    assert names(TEMPLATES / "en") == shown | parts
    assert {language: names(TEMPLATES / language) for language in LANGUAGES} == dict.fromkeys(
        LANGUAGES, names(TEMPLATES / "en")
    )


@pytest.mark.parametrize("name", ENGLISH_MAILS)
def test_no_english_sentence_is_left_in_a_german_mail(name: str) -> None:
    german = prose(GERMAN_MAILS[name])

    assert not ENGLISH_WORDS & set(re.findall(r"\w+", german.lower()))
    assert not sentences(ENGLISH_MAILS[name]) & sentences(GERMAN_MAILS[name])
    assert '<html lang="de">' in GERMAN_MAILS[name].html


@pytest.mark.parametrize("name", ENGLISH_MAILS)
def test_both_languages_name_the_same_facts(name: str) -> None:
    facts = re.compile(
        r"\S+@\S+?\.\w+|Maya Lin|Noor Haddad|Visio Plan 2|Microsoft 365 E3|Power BI Pro|\b\d\d:\d\d\b|/api/\S+"
    )

    english, german = ENGLISH_MAILS[name], GERMAN_MAILS[name]
    assert set(facts.findall(english.text)) == set(facts.findall(german.text))
    assert set(facts.findall(english.subject)) == set(facts.findall(german.subject))


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_templates_have_no_fault(language: str) -> None:
    assert faults(in_language(language)) == []


def test_template_of_the_folder_goes_before_ours(tmp_path: Path) -> None:
    write(tmp_path, "footer.jinja", "Brought to you by {{ company }}.")

    assert faults(in_language("en", tmp_path)) == []
    mails = examples(in_language("en", tmp_path))
    assert all("Brought to you by Contoso GmbH." in mail.text + mail.html for mail in mails.values())
    assert all("Sent automatically" not in mail.text for mail in mails.values())


def test_template_of_a_language_is_for_that_language(tmp_path: Path) -> None:
    write(tmp_path, "de/footer.jinja", "Ihre IT.")

    assert "Ihre IT." in examples(in_language("de", tmp_path))["reminder"].text
    assert "Ihre IT." not in examples(in_language("en", tmp_path))["reminder"].text


def test_layout_can_be_replaced_too(tmp_path: Path) -> None:
    write(tmp_path, "layout.html", "<html><body>{% block body %}{% endblock %}</body></html>")

    assert faults(in_language("en", tmp_path)) == []
    assert examples(in_language("en", tmp_path))["reminder"].html.startswith("<html><body>")


def test_values_are_escaped_in_the_html_of_a_companys_template(tmp_path: Path) -> None:
    write(tmp_path, "footer.jinja", "{{ company }}")
    head = Letterhead("<b>Contoso</b>", folder=str(tmp_path))

    assert "<b>" not in examples(head)["reminder"].html
    assert "<b>Contoso</b>" in examples(head)["reminder"].text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "{% extends layout %}\n{% block subject %}{{ persn }}{% endblock %}",
            "reminder.jinja, line 2: 'persn' is undefined",
        ),
        ("{% extends layout %}\n\n{% block subject %}{% endblok %}", "reminder.jinja, line 3: "),
        ("one\n{% include 'nowhere.jinja' %}", "nowhere.jinja: there is no such template"),
        ("{% extends layout %}", "reminder.jinja, line 1: it has no block `subject`"),
        (
            "{% extends layout %}{% block subject %}x{% endblock %}\n{% block body %}{{ 1 / 0 }}{% endblock %}",
            "line 2: ",
        ),
    ],
)
def test_fault_names_the_template_and_the_line(tmp_path: Path, text: str, fault: str) -> None:
    write(tmp_path, "reminder.jinja", text)

    (found,) = faults(in_language("en", tmp_path))
    assert fault in found


def test_template_that_fails_only_without_a_company_is_found(tmp_path: Path) -> None:
    write(tmp_path, "footer.jinja", "{{ company.upper() }}")

    (found,) = faults(Letterhead(folder=str(tmp_path)))
    assert "footer.jinja, line 1: " in found


@pytest.mark.parametrize("name", ["remainder.jinja", "de/remainder.jinja", "layout.htm.html"])
def test_file_that_no_mail_uses_is_a_fault(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, "Hello")

    assert faults(in_language("en", tmp_path)) == [f"{name}: no mail has a template of this name"]


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "ours")

    assert faults(in_language("en", tmp_path)) == []
