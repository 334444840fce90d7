"""Settings that are missing, malformed or contradict each other: all are named at once, and no secret is shown."""

from pathlib import Path

import pytest

from settings import SettingsError, read_settings
from tests.test_settings import PEM, REQUIRED, read


def fault(**differing: str) -> str:
    """The one fault these settings have."""
    with pytest.raises(SettingsError) as caught:
        read(**differing)
    [only] = caught.value.faults
    return only


def test_every_missing_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({})

    named = {each.partition(":")[0] for each in caught.value.faults}
    assert named == {"OKTA_ORG_URL", "OKTA_API_TOKEN", "OKTA_HOOK_SECRET", "TABLES_ENDPOINT"}
    assert all("it is not set" in each for each in caught.value.faults)
    assert all(each in str(caught.value) for each in caught.value.faults)


def test_missing_malformed_and_contradicting_settings_are_named_together() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            REQUIRED
            | {
                "OKTA_ORG_URL": "",
                "OKTA_CLIENT_ID": "0oa1",
                "DELAY_INTEGER": "soon",
                "GRAPH_ACCESS_TOKEN": "graph-nobody-may-see",
                "GROUP_DELAYS": '{"Interns": "1 week"}',
                "DRY_RUN": "perhaps",
            }
        )

    named = [each.partition(":")[0] for each in caught.value.faults]
    assert named == [
        "OKTA_ORG_URL",
        "OKTA_API_TOKEN",
        "DELAY_INTEGER",
        "GROUP_DELAYS",
        "GRAPH_ACCESS_TOKEN",
        "DRY_RUN",
    ]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OKTA_ORG_URL", "acme.okta.com", "https"),
        ("OKTA_ORG_URL", "http://acme.okta.com", "https"),
        ("OKTA_ORG_URL", "https://acme-admin.okta.com", "leave out -admin"),
        ("OKTA_ORG_URL", "https://acme.okta.com/api/v1", "without a path"),
        ("OKTA_ORG_URL", "https://[", "https"),
        ("OFFICE_GROUP", "[]", "JSON list"),
        ("OFFICE_GROUP", '["a", ""]', "JSON list"),
        ("OFFICE_GROUP", "[a]", "JSON list"),
        ("DELAY_INTEGER", "-1", "a whole number, 0 or more"),
        ("DELAY_INTEGER", "1.5", "a whole number, 0 or more"),
        ("DELAY_INTEGER", "4000", "at most 10 years together with DELAY_INTEGER=4000"),
        ("DELAY_INTERVAL_TYPE", "fortnight", "one of second, minute, hour, day, week, month, year"),
        ("GROUP_DELAYS", "1 week", "a JSON object"),
        ("GROUP_DELAYS", "[]", "a JSON object"),
        ("GROUP_DELAYS", '{"Office 365 Assignments": "11 years"}', "at most 10 years"),
        ("GROUP_DELAYS", '{"Interns": "1 week"}', "named in OFFICE_GROUP only, not of Interns"),
        ("GRAPH_BASE_URL", "http://graph.microsoft.com/v1.0", "https"),
        ("MAIL_SENDER", "offstage", "one mail address"),
        ("OPERATORS_EMAIL", "a@contoso.com, b@contoso.com", "one mail address"),
        ("TABLES_ENDPOINT", "http://acme.table.core.windows.net", "https"),
        ("LICENSE_SCOPE", "some", "all or catalog"),
        ("DEFAULT_USAGE_LOCATION", "NLD", "two-letter country code"),
        ("PROTECTED_LOGINS", "[a", "commas or as a JSON list"),
        ("MAX_DEACTIVATIONS_PER_HOUR", "0", "1 or more"),
        ("HISTORY_DAYS", "many", "1 or more"),
        ("DRY_RUN", "perhaps", "true or false"),
        ("DEACTIVATE_ON_SUSPEND", "2", "true or false"),
        ("CONTACT_EMAIL", "help", "one mail address"),
        ("MAIL_LANGUAGE", "fr", "en or de"),
        ("TIME_ZONE", "Berlin", "Europe/Amsterdam"),
        ("TIME_ZONE", "../../etc/passwd", "Europe/Amsterdam"),
        ("REMIND_BEFORE_DAYS", "-1", "0 or more"),
        ("REMIND_BEFORE_DAYS", "soon", "0 or more"),
        ("MAIL_TEMPLATES", "/nowhere/at/all", "a folder that exists"),
    ],
)
def test_a_malformed_setting_is_named_with_what_was_expected(name: str, value: str, expected: str) -> None:
    text = fault(**{name: value})

    assert expected in text
    assert name in text
    assert value in text or "found 'day'" in text


@pytest.mark.parametrize("name", ["OKTA_HOOK_SECRET", "OKTA_HOOK_SECRET_PREVIOUS"])
@pytest.mark.parametrize("value", ["short-secret", "ünprintable-in-a-header", "with\ta-tab-in-the-middle"])
def test_a_weak_hook_secret_is_refused_and_not_shown(name: str, value: str) -> None:
    text = fault(**{name: value})

    assert "at least 16 printable ASCII characters" in text
    assert value not in text


@pytest.mark.parametrize("value", ["x" * 31, "ü" * 40, "with\ta-tab-in-the-middle-of-the-secret"])
def test_a_weak_session_secret_is_refused_and_not_shown(value: str) -> None:
    text = fault(SESSION_SECRET=value)

    assert "SESSION_SECRET: expected at least 32 printable ASCII characters" in text
    assert value not in text


@pytest.mark.parametrize(
    "differing",
    [
        {"OKTA_API_TOKEN": ""},
        {"OKTA_CLIENT_ID": "0oa1"},
        {"OKTA_CLIENT_ID": "0oa1", "OKTA_PRIVATE_KEY": PEM},
        {"OKTA_API_TOKEN": "", "OKTA_CLIENT_ID": "0oa1"},
        {"OKTA_API_TOKEN": "", "OKTA_PRIVATE_KEY": PEM},
    ],
)
def test_there_is_exactly_one_way_into_okta(differing: dict[str, str]) -> None:
    text = fault(**differing)

    assert "either OKTA_API_TOKEN, or OKTA_CLIENT_ID and OKTA_PRIVATE_KEY" in text
    assert "nobody-may-see" not in text


def test_a_private_key_that_is_none_is_refused_and_not_shown() -> None:
    text = fault(OKTA_API_TOKEN="", OKTA_CLIENT_ID="0oa1", OKTA_PRIVATE_KEY="nobody-may-see")

    assert "in PEM or as a JSON Web Key" in text
    assert "nobody-may-see" not in text


def test_tables_are_not_reached_both_ways() -> None:
    text = fault(TABLES_CONNECTION="AccountKey=nobody-may-see", TABLES_ENDPOINT="https://acme.table.core.windows.net")

    assert "either TABLES_CONNECTION or TABLES_ENDPOINT" in text
    assert "nobody-may-see" not in text


def test_an_identity_based_storage_needs_the_tables_endpoint_said() -> None:
    text = fault(AzureWebJobsStorage="", AzureWebJobsStorage__accountName="acme")

    assert "TABLES_ENDPOINT" in text
    assert "AzureWebJobsStorage__accountName" in text


def test_a_connection_that_is_none_is_refused_and_not_shown() -> None:
    text = fault(AzureWebJobsStorage="nobody-may-see")

    assert "from TABLES_CONNECTION or AzureWebJobsStorage" in text
    assert "nobody-may-see" not in text


@pytest.mark.parametrize("name", ["OKTA_API_TOKEN", "OKTA_HOOK_SECRET", "MAIL_SENDER", "TABLES_CONNECTION"])
def test_a_key_vault_reference_that_did_not_resolve_is_said_to_be_one(name: str) -> None:
    text = fault(**{name: "@Microsoft.KeyVault(VaultName=acme;SecretName=some-secret)"})

    assert "a Key Vault reference that resolves" in text


def test_a_secret_in_the_wrong_setting_is_not_shown() -> None:
    for value in (
        "AccountName=a;AccountKey=nobody-may-see",
        "http://x/?sig=nobody-may-see",
        "https://u:nobody-may-see@x",
    ):
        assert "nobody-may-see" not in fault(TABLES_ENDPOINT=value)


def test_secrets_are_in_no_text_of_the_settings() -> None:
    settings = read(OKTA_HOOK_SECRET_PREVIOUS="previous-nobody-may-see", TABLES_CONNECTION="AccountKey=nobody-may-see")

    assert "nobody-may-see" not in f"{settings} {settings!r} {settings.model_dump_json()}"


def test_an_error_carries_no_input_along() -> None:
    with pytest.raises(SettingsError) as caught:
        read(OKTA_HOOK_SECRET="hook-seen", OKTA_API_TOKEN="")

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_graph_token_for_the_real_tenant_is_refused_and_not_shown() -> None:
    text = fault(GRAPH_ACCESS_TOKEN="graph-nobody-may-see")

    assert "GRAPH_BASE_URL is on this machine" in text
    assert "nobody-may-see" not in text


def test_a_company_name_that_is_too_long_is_named() -> None:
    assert "at most 80 characters" in fault(COMPANY_NAME="C" * 81)


def test_a_template_that_cannot_be_rendered_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "reminder.jinja").write_text("{% extends layout %}\n{% block subject %}{{ persn }}{% endblock %}")

    text = fault(MAIL_TEMPLATES=str(tmp_path))

    assert text.startswith("MAIL_TEMPLATES: expected templates that make every mail: reminder.jinja, line 2: 'persn'")
    assert str(tmp_path) in text


def test_templates_of_the_language_that_is_set_are_checked(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "reminder.jinja").write_text("{% nonsense %}")

    assert "reminder.jinja, line 1" in fault(MAIL_TEMPLATES=str(tmp_path), MAIL_LANGUAGE="de")
