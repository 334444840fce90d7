"""The example settings work for the stack as they stand, and a stack never talks to anything but its stand-ins."""

import json
from pathlib import Path

import pytest

from local.paths import SETTINGS_EXAMPLE
from local.stack import settings_file
from local.stack.ports import Ports
from local.stack.settings_file import (
    SettingsFileError,
    create_settings_file,
    ignored_values,
    read_values,
    stack_values,
)
from settings import Settings, read_settings

PORTS = Ports(host=1071, okta_org=1080, m365_tenant=1081, tables=1002)


SET_BY_AZURE = {"WEBSITE_AUTH_ENABLED"}


def test_the_example_names_every_setting_of_ours_and_no_other() -> None:
    names = set(read_values(SETTINGS_EXAMPLE)) - {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}

    assert names == {name.upper() for name in Settings.model_fields} - SET_BY_AZURE


def test_the_example_is_what_the_app_accepts() -> None:
    settings = read_settings(read_values(SETTINGS_EXAMPLE))

    assert settings.office_group == ("Office 365 Assignments",)
    assert str(settings.graph_base_url) == "http://127.0.0.1:7081/v1.0"


def test_a_stack_on_other_ports_has_settings_that_point_there() -> None:
    values = stack_values({}, PORTS)

    assert values["OKTA_ORG_URL"] == "http://127.0.0.1:1080"
    assert values["GRAPH_BASE_URL"] == "http://127.0.0.1:1081/v1.0"
    assert "TableEndpoint=http://127.0.0.1:1002/devstoreaccount1" in values["TABLES_CONNECTION"]


def test_a_stack_takes_what_the_user_chose_but_never_leaves_this_machine() -> None:
    own = {"DELAY_INTEGER": "7", "OKTA_ORG_URL": "https://acme.okta.com", "OKTA_API_TOKEN": "00real"}

    values = stack_values(own, Ports())

    assert values["DELAY_INTEGER"] == "7"
    assert values["OKTA_ORG_URL"] == "http://127.0.0.1:7080"
    assert values["OKTA_API_TOKEN"] == "local-okta-token"
    assert ignored_values(own) == ["OKTA_ORG_URL", "OKTA_API_TOKEN"]


def test_an_untouched_settings_file_is_followed_in_full() -> None:
    assert ignored_values(read_values(SETTINGS_EXAMPLE)) == []


@pytest.fixture
def settings_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings_file, "SETTINGS", tmp_path / "local.settings.json")
    return tmp_path / "local.settings.json"


def test_a_missing_settings_file_is_made_from_the_example(settings_path: Path) -> None:
    assert create_settings_file()
    assert settings_path.read_text() == SETTINGS_EXAMPLE.read_text()


def test_an_existing_settings_file_is_left_alone(settings_path: Path) -> None:
    settings_path.write_text(json.dumps({"Values": {"DELAY_INTEGER": "7"}}))

    assert not create_settings_file()
    assert read_values(settings_path) == {"DELAY_INTEGER": "7"}


@pytest.mark.parametrize("content", ["{", "[]", '{"Settings": {}}'])
def test_a_settings_file_of_another_form_is_named(settings_path: Path, content: str) -> None:
    settings_path.write_text(content)

    with pytest.raises(SettingsFileError, match=r"local\.settings\.json"):
        read_values(settings_path)
