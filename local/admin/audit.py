"""`offstage audit …`: the acts of a period into a file, and what they come to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from local.admin.options import AsJson, KeyFile, Url
from local.admin.reach import App, read_key
from local.admin.shown import Failed, err, escaped, failing_plainly, show_facts, show_json, show_table

audit = typer.Typer(no_args_is_help=True, help="Who did what, when, on whom, and why.")

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%z"]
From = Annotated[
    datetime, typer.Option("--from", formats=FORMATS, help="From when on, in UTC unless it says another zone.")
]
To = Annotated[datetime, typer.Option("--to", formats=FORMATS, help="Until when; this instant does not belong to it.")]


@audit.command()
def export(
    since: From,
    until: To,
    url: Url = None,
    key_file: KeyFile = None,
    user: Annotated[str | None, typer.Option(help="Only acts on this person: a login, or an Okta user id.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV for a spreadsheet, not lines of JSON.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write; else the output.")] = None,
) -> None:
    """Export the acts of a period, page by page, so that memory does not grow with it."""
    accept = "text/csv" if as_csv else "application/x-ndjson"
    query = {"from": _instant(since), "to": _instant(until), "user": user}
    with failing_plainly(), _opened(output) as file, _progress() as progress:
        task, lines = progress.add_task("pages", total=None), 0
        for page in App(url, read_key(key_file)).pages("audit", accept, query):
            write_page(file, page)
            lines += page.count("\n")
            progress.update(task, advance=1, description=f"{lines} lines")


@audit.command()
def report(since: From, until: To, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False) -> None:
    """What a period comes to: people, minutes from event to disable, licenses freed, seats."""
    with failing_plainly():
        found = App(url, read_key(key_file)).get("audit/report", **{"from": _instant(since), "to": _instant(until)})
    if as_json:
        show_json(found)
        return
    show_facts({name.replace("_", " "): value for name, value in found.items() if not isinstance(value, dict | list)})
    for name, value in found.items():
        if isinstance(value, dict):
            show_table(("", ""), value.items(), title=f"\n{name.replace('_', ' ')}")
        elif isinstance(value, list) and value:
            show_table(tuple(value[0]), [tuple(each.values()) for each in value], title=f"\n{name.replace('_', ' ')}")


def write_page(file: TextIO, page: str) -> None:
    """As it is into a file; nothing that stands in a name steers a terminal."""
    file.write(escaped(page.replace("\r\n", "\n")) if file.isatty() else page)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            yield file
    except OSError as error:
        raise Failed(f"{output} cannot be written: {error}") from None


def _progress() -> Progress:
    return Progress(SpinnerColumn(), TextColumn("{task.description}"), console=err, transient=True)


def _instant(given: datetime) -> str:
    return (given if given.tzinfo else given.replace(tzinfo=UTC)).isoformat()
