"""The settings: what is read, and what it means."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from lifecycle.delays import Delay, IntervalType
from lifecycle.licenses import LicenseScope
from lifecycle.mail_rendering import Letterhead
from settings import Settings, read_settings

REQUIRED = {
    "OKTA_ORG_URL": "https://acme.okta.com",
    "OKTA_API_TOKEN": "00token-nobody-may-see",
    "OKTA_HOOK_SECRET": "hook-nobody-may-see",
    "AzureWebJobsStorage": "UseDevelopmentStorage=true",
}
PEM = "-----BEGIN PRIVATE KEY-----\\nnobody-may-see\\n-----END PRIVATE KEY-----"


def read(**differing: str) -> Settings:
    return read_settings(REQUIRED | differing)


def revealed(secret: Any) -> str:
    return str(secret.get_secret_value())


def test_the_required_settings_are_enough() -> None:
    settings = read()

    assert settings.okta_org_url == "https://acme.okta.com"
    assert revealed(settings.okta_api_token) == "00token-nobody-may-see"
    assert revealed(settings.tables_connection) == "UseDevelopmentStorage=true"
    assert settings.office_group == ("Office 365 Assignments",)
    assert settings.delay == Delay(30, IntervalType.DAY)
    assert settings.graph_base_url == "https://graph.microsoft.com/v1.0"
    assert settings.license_scope is LicenseScope.ALL
    assert settings.protected_logins == frozenset()
    assert (settings.max_deactivations_per_hour, settings.history_days) == (50, 30)
    assert (settings.dry_run, settings.deactivate_on_suspend) == (False, False)
    assert (settings.mail_sender, settings.operators_email, settings.default_usage_location) == (None, None, None)
    assert settings.letterhead == Letterhead(None, None, "en", "UTC", None)
    assert settings.remind_before_days == 3


def test_mails_say_what_the_settings_say_of_the_company(tmp_path: Path) -> None:
    (tmp_path / "footer.jinja").write_text("Contoso IT")
    settings = read(
        COMPANY_NAME="Contoso GmbH",
        CONTACT_EMAIL="help@contoso.com",
        MAIL_LANGUAGE="DE",
        TIME_ZONE="Europe/Berlin",
        MAIL_TEMPLATES=str(tmp_path),
        REMIND_BEFORE_DAYS="0",
    )

    assert settings.letterhead == Letterhead(
        "Contoso GmbH", "help@contoso.com", "de", "Europe/Berlin", str(tmp_path.resolve())
    )
    assert settings.remind_before_days == 0


def test_without_a_session_secret_there_is_none() -> None:
    assert read().session_secret is None
    assert read(SESSION_SECRET="").session_secret is None
    assert revealed(read(SESSION_SECRET="s" * 32).session_secret) == "s" * 32


def test_a_private_key_on_one_line_gets_its_line_breaks_back() -> None:
    settings = read(OKTA_API_TOKEN="", OKTA_CLIENT_ID="0oa1", OKTA_PRIVATE_KEY=PEM)

    assert revealed(settings.okta_private_key).splitlines()[1] == "nobody-may-see"


def test_a_private_key_may_be_a_json_web_key() -> None:
    key = json.dumps({"kty": "RSA", "d": "nobody-may-see"})

    assert revealed(read(OKTA_API_TOKEN="", OKTA_CLIENT_ID="0oa1", OKTA_PRIVATE_KEY=key).okta_private_key) == key


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://acme.okta.com/", "https://acme.okta.com"),
        ("  https://acme.okta.com  ", "https://acme.okta.com"),
        ("http://localhost:7080", "http://localhost:7080"),
        ("http://127.0.0.1:7080/", "http://127.0.0.1:7080"),
        ("http://[::1]:7080", "http://[::1]:7080"),
    ],
)
def test_the_org_url_is_kept_without_trailing_slash(given: str, kept: str) -> None:
    assert read(OKTA_ORG_URL=given).okta_org_url == kept


@pytest.mark.parametrize(
    ("given", "groups"),
    [
        ("Sales, EMEA", ("Sales, EMEA",)),
        ("00g2m365Abc9Qwe15d7", ("00g2m365Abc9Qwe15d7",)),
        ('["Sales, EMEA", "00g1", "00g1"]', ("Sales, EMEA", "00g1")),
    ],
)
def test_office_group_is_one_group_or_a_json_list(given: str, groups: tuple[str, ...]) -> None:
    assert read(OFFICE_GROUP=given).office_group == groups


def test_a_group_is_managed_by_id_or_by_name_in_its_exact_case() -> None:
    settings = read(OFFICE_GROUP='["Sales", "00g1"]')

    assert settings.manages("00g9", "Sales")
    assert settings.manages("00g1", "Renamed")
    assert settings.manages("00g1", None)
    assert not settings.manages("00g9", "sales")
    assert not settings.manages(None, None)


def test_a_group_may_have_a_delay_of_its_own() -> None:
    settings = read(
        OFFICE_GROUP='["Sales", "00g1", "Rest"]',
        GROUP_DELAYS='{"Sales": {"integer": 1, "interval_type": "week"}, "00g1": "2 months"}',
        DELAY_INTEGER="1",
        DELAY_INTERVAL_TYPE="minute",
    )

    assert settings.delay_for("00g7", "Sales") == Delay(1, IntervalType.WEEK)
    assert settings.delay_for("00g1", "Anything") == Delay(2, IntervalType.MONTH)
    assert settings.delay_for("00g8", "Rest") == Delay(1, IntervalType.MINUTE)
    assert settings.delay_for(None, None) == Delay(1, IntervalType.MINUTE)


@pytest.mark.parametrize(
    "given", ["Admin@Contoso.com, break-glass@contoso.com,", '["admin@contoso.com","BREAK-glass@contoso.com"]']
)
def test_protected_logins_are_kept_without_regard_to_case(given: str) -> None:
    assert read(PROTECTED_LOGINS=given).protected_logins == {"admin@contoso.com", "break-glass@contoso.com"}


def test_a_tenant_on_this_machine_may_have_a_graph_token() -> None:
    settings = read(GRAPH_ACCESS_TOKEN="graph-nobody-may-see", GRAPH_BASE_URL="http://127.0.0.1:7081/v1.0/")

    assert settings.graph_base_url == "http://127.0.0.1:7081/v1.0"
    assert revealed(settings.graph_access_token) == "graph-nobody-may-see"


def test_tables_are_reached_by_connection_or_by_endpoint() -> None:
    by_connection = read(TABLES_CONNECTION="AccountName=other;AccountKey=k")
    by_endpoint = read(TABLES_ENDPOINT="https://acme.table.core.windows.net/")

    assert revealed(by_connection.tables_connection) == "AccountName=other;AccountKey=k"
    assert by_endpoint.tables_connection is None
    assert by_endpoint.tables_endpoint == "https://acme.table.core.windows.net"


def test_the_settings_cannot_be_changed() -> None:
    settings = read()

    with pytest.raises(ValidationError):
        settings.dry_run = True


@pytest.mark.parametrize(
    ("given", "expected"), [("true", True), ("1", True), ("False", False), ("0", False), (" ", False)]
)
def test_switches_are_read_as_people_write_them(given: str, expected: bool) -> None:
    assert read(DRY_RUN=given).dry_run is expected


@pytest.mark.parametrize(("given", "expected"), [("True", True), ("1", True), ("False", False), ("whatever", False)])
def test_whether_app_service_signs_people_in_is_never_a_reason_not_to_start(given: str, expected: bool) -> None:
    assert read(WEBSITE_AUTH_ENABLED=given).website_auth_enabled is expected


def test_case_makes_no_difference_where_it_means_nothing() -> None:
    settings = read(LICENSE_SCOPE="Catalog", DEFAULT_USAGE_LOCATION="nl", DELAY_INTERVAL_TYPE="Weeks")

    assert settings.license_scope is LicenseScope.CATALOG
    assert settings.default_usage_location == "NL"
    assert settings.delay_interval_type is IntervalType.WEEK


def test_the_real_environment_is_read_when_none_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DELAY_INTEGER", "7")

    assert read_settings().delay_integer == 7
    assert read().delay_integer == 30
