"""`offstage import-flowpack FILE`: show what the flow pack was set to, and take it over."""

import argparse
from pathlib import Path
from typing import Annotated

import typer


def import_flowpack(
    file: Annotated[Path, typer.Argument(help="The .flopack file, exported in Okta Workflows.")],
    csv: Annotated[
        Path | None, typer.Option(help="The CSV export of its table; else <table>.csv beside the pack.")
    ] = None,
    write: Annotated[Path | None, typer.Option(help="A local.settings.json to merge the settings into.")] = None,
) -> None:
    """Show what the Okta Workflows flow pack was set to, and take it over."""
    from local.flowpack import cli

    raise typer.Exit(cli.run(argparse.Namespace(file=file, csv=csv, write=write)))
