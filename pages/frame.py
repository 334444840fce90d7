"""What is around every page, and how a template becomes HTML. Everything that is put into one is escaped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lifecycle.visible import visible_line
from pages import instants

HERE = Path(__file__).parent
BASE = "/api/dashboard"
LONGEST_TEXT = 1000
STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Frame:
    """Whom the page is for, and what it says above everything else.

    `token` goes into every form. `notice` is what came of what was done a moment ago.
    """

    now: datetime
    who: str = ""
    token: str = ""
    notice: str | None = None
    dry_run: bool = False
    zone: tzinfo = UTC


@cache
def static_file(name: str) -> bytes:
    """Raises KeyError for what is none of ours."""
    return (HERE / {each: each for each in STATIC}[name]).read_bytes()


def address_of(name: str) -> str:
    """With a hash of the content in the name, so that a browser may keep it for good."""
    stem, _, kind = name.partition(".")
    return f"{stem}-{sha256(static_file(name)).hexdigest()[:12]}.{kind}"


@cache
def by_address() -> dict[str, str]:
    """The static files by the names in their addresses."""
    return {address_of(name): name for name in STATIC}


def count_of(count: int, one: str, several: str | None = None) -> str:
    """1 person, 2 people, 2,000 people"""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def render(template: str, frame: Frame, **values: object) -> str:
    """The page as HTML."""
    shown: dict[str, Callable[..., object]] = {
        "instant": partial(instants.instant, now=frame.now, zone=frame.zone),
        "moment": partial(instants.moment, now=frame.now, zone=frame.zone),
        "ago": partial(instants.ago, now=frame.now),
        "day": lambda day: _day(day, frame),
    }
    return _templates().get_template(template).render(frame=frame, base=BASE, **shown, **values)


def _day(day: date, frame: Frame) -> str:
    return instants.named_day(day, frame.now, frame.zone)


def _finalize(value: object) -> object:
    """Nothing untrusted reaches a page but through here; what is Markup has been through already."""
    return value if hasattr(value, "__html__") or isinstance(value, int) else visible_line(value, LONGEST_TEXT)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {"address_of": address_of}
    made.filters |= {"count_of": count_of}
    return made
