"""A mail out of its template: HTML for Outlook and phones, and the same as plain text.

A mail has one template per language, which is rendered twice: with the parts of `parts.html` and of `parts.txt`. Names
come from Okta, where users may write what they like: each fact is made one visible line before a template sees it, and
the HTML escapes it.
"""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateSyntaxError, select_autoescape

from lifecycle.delays import Delay
from lifecycle.mail_words import LANGUAGES
from lifecycle.visible import visible_line

TEMPLATES = Path(__file__).parent / "templates"
HTML, TEXT = "html", "txt"
LONGEST_NAME = 80
_LONGEST_LOGIN = 100  # Okta's limit
_LONGEST_VALUE = 1000
# Graph stores no more of a subject.
_LONGEST_SUBJECT = 255
_TEXT_WIDTH = 76


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all mails say of the company that sends them, and how: COMPANY_NAME, CONTACT_EMAIL, MAIL_LANGUAGE, TIME_ZONE
    and MAIL_TEMPLATES, a folder whose templates go before ours."""

    company: str | None = None
    contact: str | None = None
    language: str = "en"
    time_zone: str = "UTC"
    folder: str | None = None


@dataclass(frozen=True)
class PersonName:
    """What the person is called whom a mail is about."""

    display_name: str
    login: str


NOBODY = PersonName("", "")


@dataclass(frozen=True)
class Mail:
    """`summary`: what it says in a mail about several people, a line for each fact."""

    subject: str
    html: str
    text: str
    summary: tuple[str, ...] = ()


def render(template: str, head: Letterhead, person: PersonName, **facts: object) -> Mail:
    """Raises jinja2.TemplateError where a template of the folder is at fault."""
    context = {
        **{name: _cleaned(value) for name, value in facts.items()},
        "person": called(person),
        "name": visible_line(person.display_name, LONGEST_NAME) or visible_line(person.login, _LONGEST_LOGIN),
        "company": head.company,
        "contact": head.contact,
        "language": head.language,
    }
    as_html, as_text = environment(head, HTML), environment(head, TEXT)
    html = as_html.get_template(f"{template}.jinja").render(context)
    page = as_text.get_template(f"{template}.jinja")
    if "subject" not in page.blocks:
        raise TemplateSyntaxError("it has no block `subject`", 1, name=page.name)
    subject, summary = _block(page, "subject", context), _block(page, "summary", context)
    return Mail(visible_line(subject, _LONGEST_SUBJECT), html, _wrapped(page.render(context)), lines_of(summary))


def _block(page: Template, name: str, context: Mapping[str, object]) -> str:
    block = page.blocks.get(name)
    return "".join(block(page.new_context(dict(context)))) if block else ""


def lines_of(text: str) -> tuple[str, ...]:
    return tuple(line for each in text.splitlines() if (line := " ".join(each.split())))


@cache
def environment(head: Letterhead, kind: str) -> Environment:
    """Where the templates of a language are found, those of the folder first."""
    language, zone = LANGUAGES[head.language], ZoneInfo(head.time_zone)
    ours, theirs = TEMPLATES, [Path(head.folder)] if head.folder else []
    made = Environment(
        loader=FileSystemLoader([each for root in (*theirs, ours) for each in (root / head.language, root)]),
        autoescape=select_autoescape((), (), default=kind == HTML),  # plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "date": lambda at: language.date(at, zone),
        "time": lambda at: language.time(at, zone),
        "delay": language.delay,
        "step": language.step,
        "one_line": lambda text: " ".join(text.split()),
    }
    made.globals |= {"layout": f"layout.{kind}", "mail": made.get_template(f"parts.{kind}").module}
    return made


def called(person: PersonName) -> str:
    """Maya Lin (maya.lin@contoso.com), or the login alone when that is all there is."""
    name, login = visible_line(person.display_name, LONGEST_NAME), visible_line(person.login, _LONGEST_LOGIN)
    return f"{name} ({login})" if name and name != login else login


def _cleaned(value: object) -> object:
    """Nothing untrusted reaches a template but through here."""
    if isinstance(value, str):
        return visible_line(value, _LONGEST_VALUE)
    if isinstance(value, Mapping):
        return {name: _cleaned(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each) for each in value]
    if value is None or isinstance(value, (bool, int, datetime, Delay)):
        return value
    raise TypeError(f"no fact of a mail: {type(value).__name__}")


def _wrapped(text: str) -> str:
    """Wrap each paragraph and hang the lines of a list; addresses, ids and indented lines stay in one piece."""
    lines = (each if each.startswith("  ") else _filled(each) for each in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _filled(text: str) -> str:
    hanging = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, _TEXT_WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
