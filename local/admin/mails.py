"""`offstage mails …`: what the mails look like, by the settings of the app."""

from pathlib import Path
from typing import Annotated

import typer

from lifecycle.mail_examples import examples
from local.admin.settings_file import read_values
from local.admin.shown import Failed, failing_plainly, say
from settings import SettingsError, read_settings

mails = typer.Typer(no_args_is_help=True, help="The mails that Offstage sends.")


@mails.callback()
def _group() -> None:
    """The mails that Offstage sends."""


@mails.command()
def preview(
    settings: Annotated[
        Path, typer.Option("--settings", help="The app's settings, in the form of local.settings.json.", dir_okay=False)
    ] = Path("local.settings.json"),
    output: Annotated[Path, typer.Option("--output", "-o", help="The folder to write them into.")] = Path(
        "build/mails"
    ),
) -> None:
    """Write an example of every mail into files, as HTML and as text, with the settings and templates of the app."""
    with failing_plainly():
        try:
            found = examples(read_settings(read_values(settings)).letterhead)
            output.mkdir(parents=True, exist_ok=True)
            for name, mail in found.items():
                (output / f"{name}.html").write_text(mail.html, encoding="utf-8")
                (output / f"{name}.txt").write_text(f"{mail.subject}\n\n{mail.text}", encoding="utf-8")
        except SettingsError as error:
            raise Failed(str(error)) from None
        except OSError as error:
            raise Failed(f"They cannot be written: {error}") from None
        say(f"{len(found)} mails in {output}")
