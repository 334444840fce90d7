"""What a command shows: tables and lines for people, JSON for programs; and how it ends."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lifecycle.visible import visible_line

FAILED = 1  # something went wrong, or was found wrong; 2 is Typer's for wrong use

LONGEST = 2000  # of one text

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)


class Failed(Exception):
    """The command cannot do what it was asked for; the text says why, and what to do."""


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn a failure into one line on the error output and exit code 1."""
    try:
        yield
    except Failed as failure:
        err.print(Text(_visible(failure), style="red"))
        raise typer.Exit(FAILED) from None


def show_json(found: Any) -> None:
    print(escaped(json.dumps(found, indent=2, ensure_ascii=False, default=str)))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Cells are shown as they are: what stands in them is nobody's markup."""
    table = Table(*columns, title=title, box=None, header_style="bold", title_justify="left", pad_edge=False)
    for row in rows:
        table.add_row(*(Text("" if cell is None else _visible(cell)) for cell in row))
    out.print(table)


def show_facts(facts: Mapping[str, object]) -> None:
    """One fact to a line; those without a value are left out."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        if value not in (None, "", [], {}):
            out.print(Text(f"{name:<{width}}  {_visible(value)}"))


def say(line: str, style: str = "") -> None:
    out.print(Text("\n".join(map(_visible, line.split("\n"))), style=style))


def escaped(text: str) -> str:
    """JSON that steers no terminal: what JSON lets stand in a string, such as U+009B, is written as its number."""
    return "".join(each if each.isprintable() or each == "\n" else _as_number(each) for each in text)


def _as_number(character: str) -> str:
    """As JSON writes it: a letter above U+FFFF in two halves."""
    return json.dumps(character).strip('"')


def _visible(value: object) -> str:
    """Names come from Okta, where people may write what they like: nothing of them steers a terminal."""
    return visible_line(str(value), LONGEST)
