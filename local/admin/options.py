"""Options that several commands share. A key or a token is never one: it would stand in the list of processes."""

from pathlib import Path
from typing import Annotated

import typer

Url = Annotated[
    str | None,
    typer.Option("--url", envvar="OFFSTAGE_URL", help="The app's address, such as https://<app>.azurewebsites.net."),
]
KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="A file that holds a function key ('-' reads it from the input). Else the key is taken from OFFSTAGE_KEY.",
        allow_dash=True,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="A settings file in the form of local.settings.json.", dir_okay=False),
]
