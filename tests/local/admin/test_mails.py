"""Examples of the mails, as files to open in a browser."""

import json
from pathlib import Path

from typer.testing import CliRunner

from lifecycle.mail_examples import examples
from local.admin.cli import app as command_line
from settings import read_settings

VALUES = {
    "OKTA_ORG_URL": "https://acme.okta.com",
    "OKTA_API_TOKEN": "00-a-token",
    "OKTA_HOOK_SECRET": "a-secret-of-the-event-hook",
    "TABLES_CONNECTION": "UseDevelopmentStorage=true",
    "COMPANY_NAME": "Contoso Traders",
}


def test_every_mail_is_written_as_html_and_text_with_the_settings(tmp_path: Path) -> None:
    file, folder = tmp_path / "settings.json", tmp_path / "mails"
    file.write_text(json.dumps({"Values": VALUES}))

    done = CliRunner().invoke(command_line, ["mails", "preview", "--settings", str(file), "-o", str(folder)])

    assert done.exit_code == 0, done.output
    names = set(examples(read_settings(VALUES).letterhead))
    assert {each.name for each in folder.iterdir()} == {f"{name}.{kind}" for name in names for kind in ("html", "txt")}
    assert any("Contoso Traders" in each.read_text() for each in folder.iterdir())


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(json.dumps({"Values": VALUES}))

    done = CliRunner().invoke(command_line, ["mails", "preview", "--settings", str(file), "-o", str(file)])

    assert (done.exit_code, "cannot be written" in done.output) == (1, True)
