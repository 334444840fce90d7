"""What the documents list in full is what the code has."""

import json
import re

from local.paths import ROOT, SETTINGS_EXAMPLE
from settings import Settings

SET_BY_THE_PLATFORM = {"WEBSITE_AUTH_ENABLED"}  # App Service says by itself whether it asks people to sign in
OF_THE_HOST = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}


def test_the_settings_table_of_the_readme_names_every_setting_and_no_other() -> None:
    section = (ROOT / "README.md").read_text("utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)

    named = [name for cell in first_cells for name in re.findall(r"`(\w+)`", cell)]

    assert sorted(named) == sorted(_settings())


def test_the_example_of_the_settings_has_every_setting_and_no_other() -> None:
    example = json.loads(SETTINGS_EXAMPLE.read_text("utf-8"))["Values"]

    assert set(example) - OF_THE_HOST == _settings()


def _settings() -> set[str]:
    return {name.upper() for name in Settings.model_fields} - SET_BY_THE_PLATFORM
