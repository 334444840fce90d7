"""Who asks: a name that App Service vouches for, and nothing that anybody may claim."""

import azure.functions as func
import pytest

import wiring
from settings import read_settings
from tests.triggers.test_okta_event_hook import ENVIRON
from triggers.operator import who_asks


def ask(monkeypatch: pytest.MonkeyPatch, name: str | None, auth_enabled: str = "True") -> str:
    settings = read_settings(ENVIRON | {"WEBSITE_AUTH_ENABLED": auth_enabled})
    monkeypatch.setattr(wiring, "settings", lambda: settings)
    headers = {} if name is None else {"x-ms-client-principal-name": name}
    return who_asks(func.HttpRequest("POST", "http://localhost/api", headers=headers, body=b"").headers)


def test_whoever_has_signed_in_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, "ana@contoso.com") == "ana@contoso.com"


@pytest.mark.parametrize("auth_enabled", ["", "False"])
def test_name_is_not_believed_while_app_service_does_not_sign_people_in(
    monkeypatch: pytest.MonkeyPatch, auth_enabled: str
) -> None:
    assert ask(monkeypatch, "ana@contoso.com", auth_enabled) == "key"


@pytest.mark.parametrize("name", [None, "", "  ", "\u202e"])
def test_whoever_has_not_signed_in_is_known_by_the_key_alone(monkeypatch: pytest.MonkeyPatch, name: str | None) -> None:
    assert ask(monkeypatch, name) == "key"


def test_name_is_one_visible_line_that_is_not_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(monkeypatch, "ana\r\n\u202eoperator: root" + "x" * 500) == "ana operator: root" + "x" * 81 + "…"
