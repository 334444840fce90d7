"""One thing broken at a time: the doctor names exactly that thing and its cure, and what is well it calls well."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from lifecycle.health import Check, Outcome
from lifecycle.health_okta import HOOK, HOOK_PATH
from local.admin.cli import app as command_line
from local.admin.diagnosis import Patient, diagnose
from local.okta_org.org import DEFAULT_TOKEN
from tests.triggers.health_breakages import BREAKAGES, Breakage, hook_elsewhere, no_hook, without_scope
from tests.triggers.health_scene import HERE, HealthScene, healthy

KEY = "a-function-key-that-nobody-may-see"
RUN = CliRunner()


@dataclass
class FakeApp:
    """Offstage from outside. It answers by what is set here."""

    secret: str = "a-secret-of-the-event-hook"
    keys: tuple[str, ...] = (KEY,)
    up: int = 200
    details: dict[str, object] = field(default_factory=lambda: {"outcome": "ok", "checks": []})
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(f"{request.method} {path}")
        if path == "/api/health":
            return httpx.Response(self.up, json={"status": "up"})
        if path == HOOK_PATH:
            challenge = request.headers["x-okta-verification-challenge"]
            is_let_in = request.headers["Authorization"] == self.secret
            return httpx.Response(200, json={"verification": challenge}) if is_let_in else httpx.Response(401)
        if request.headers.get("x-functions-key") not in self.keys:
            return httpx.Response(401)
        return httpx.Response(200, json=self.details if path == "/api/health/details" else {"members": []})


@pytest.fixture
async def scene(tables_connection: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HealthScene]:
    async with healthy(tables_connection, monkeypatch) as made:
        yield made


@pytest.fixture
def fake_app() -> FakeApp:
    return FakeApp()


async def examine(scene: HealthScene, fake_app: FakeApp, url: str | None = HERE) -> tuple[Check, ...]:
    return await diagnose(Patient(scene.values, url, KEY, to_app=httpx.MockTransport(fake_app)))


def to_look_at(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks if check.outcome is not Outcome.OK}


async def test_where_all_is_well_the_doctor_finds_nothing(scene: HealthScene, fake_app: FakeApp) -> None:
    checks = await examine(scene, fake_app)

    assert to_look_at(checks) == {}
    assert {"Settings", "The app", "Door for Okta", "Function key", HOOK} <= {check.name for check in checks}


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
async def test_what_is_broken_is_named_with_its_cure_and_nothing_else_is(
    scene: HealthScene, fake_app: FakeApp, breakage: Breakage
) -> None:
    await breakage.break_it(scene)

    found = to_look_at(await examine(scene, fake_app))

    assert list(found) == [breakage.name]
    assert found[breakage.name].outcome is breakage.outcome
    assert breakage.found in found[breakage.name].found
    assert breakage.cure in (found[breakage.name].cure or "")


def set_values(**values: str) -> Callable[[HealthScene, FakeApp], None]:
    return lambda scene, fake_app: scene.values.update(values)


def of_app(**changes: object) -> Callable[[HealthScene, FakeApp], None]:
    def change(scene: HealthScene, fake_app: FakeApp) -> None:
        for name, value in changes.items():
            setattr(fake_app, name, value)

    return change


# What only an administrator's machine sees: the settings themselves, and the app from outside.
OUTSIDE: dict[str, tuple[Callable[[HealthScene, FakeApp], None], str, str]] = {
    "no org": (set_values(OKTA_ORG_URL=""), "Setting OKTA_ORG_URL", "it is not set"),
    "the Admin Console's address": (
        set_values(OKTA_ORG_URL="https://acme-admin.okta.com"),
        "Setting OKTA_ORG_URL",
        "leave out -admin",
    ),
    "a delay that is none": (
        set_values(DELAY_INTERVAL_TYPE="fortnight"),
        "Setting DELAY_INTERVAL_TYPE",
        "found 'fortnight'",
    ),
    "a delay of a group that is not managed": (
        set_values(GROUP_DELAYS='{"Interns": "1 week"}'),
        "Setting GROUP_DELAYS",
        "not of Interns",
    ),
    "two ways into Okta": (set_values(OKTA_API_TOKEN="00abc"), "Setting OKTA_API_TOKEN", "exactly one of the two"),
    "a secret that Okta and the app do not share": (
        of_app(secret="another-secret-of-the-event-hook"),
        "Door for Okta",
        "does not take the secret",
    ),
    "a key that was renewed": (of_app(keys=()), "Function key", "the app does not take it"),
    "an app that did not start": (of_app(up=503), "The app", "GET health answered 503"),
}


@pytest.mark.parametrize(("break_it", "name", "found"), OUTSIDE.values(), ids=OUTSIDE)
async def test_what_is_wrong_with_settings_or_the_app_is_named(
    scene: HealthScene,
    fake_app: FakeApp,
    break_it: Callable[[HealthScene, FakeApp], None],
    name: str,
    found: str,
) -> None:
    break_it(scene, fake_app)

    told = to_look_at(await examine(scene, fake_app))

    assert list(told) == [name]
    assert told[name].outcome is Outcome.FAILED
    assert found in told[name].found
    assert told[name].cure


async def test_all_faults_of_the_settings_are_named_at_once(scene: HealthScene, fake_app: FakeApp) -> None:
    scene.values |= {"HISTORY_DAYS": "0", "DRY_RUN": "perhaps", "MAIL_SENDER": "nobody"}

    told = to_look_at(await examine(scene, fake_app))

    assert set(told) == {"Setting HISTORY_DAYS", "Setting DRY_RUN", "Setting MAIL_SENDER"}


async def test_before_the_first_deployment_nobody_expects_an_event_hook(scene: HealthScene, fake_app: FakeApp) -> None:
    await no_hook(scene)

    told = to_look_at(await examine(scene, fake_app, url=None))

    assert list(told) == [HOOK]
    assert told[HOOK].outcome is Outcome.WARNING
    assert "when the app runs" in (told[HOOK].cure or "")
    assert fake_app.asked == []


async def test_an_administrators_token_shows_the_event_hook_that_the_app_cannot_see(
    scene: HealthScene, fake_app: FakeApp
) -> None:
    await without_scope("okta.eventHooks.read")(scene)
    await hook_elsewhere(scene)
    patient = Patient(scene.values, HERE, KEY, DEFAULT_TOKEN, to_app=httpx.MockTransport(fake_app))

    told = to_look_at(await diagnose(patient))

    assert list(told) == [HOOK]
    assert "'Offstage' points to https://offstage-old" in told[HOOK].found


async def test_a_wrong_token_of_an_administrator_is_named_itself(scene: HealthScene, fake_app: FakeApp) -> None:
    patient = Patient(scene.values, HERE, KEY, "00-none", to_app=httpx.MockTransport(fake_app))

    told = to_look_at(await diagnose(patient))

    assert list(told) == [HOOK]
    assert "OKTA_ADMIN_TOKEN" in (told[HOOK].cure or "")


async def test_without_settings_the_app_says_what_it_finds_itself(fake_app: FakeApp) -> None:
    check = {"name": "Catch-up", "outcome": "failed", "found": "3 hours ago", "cure": "Look for it in the log."}
    fake_app.details = {"outcome": "failed", "checks": [check]}

    checks = await diagnose(Patient(url=HERE, key=KEY, to_app=httpx.MockTransport(fake_app)))

    assert to_look_at(checks) == {
        "Catch-up": Check("Catch-up", Outcome.FAILED, "3 hours ago", "Look for it in the log.")
    }


async def test_an_app_that_lets_nobody_in_is_not_asked_for_more(fake_app: FakeApp) -> None:
    checks = await diagnose(Patient(url=HERE, key="wrong", to_app=httpx.MockTransport(fake_app)))

    assert list(to_look_at(checks)) == ["Function key"]
    assert "GET /api/health/details" not in fake_app.asked


def test_the_command_without_anything_to_look_at_is_wrong_use() -> None:
    done = RUN.invoke(command_line, ["doctor"], env={"OFFSTAGE_URL": ""})

    assert done.exit_code == 2
    assert "--settings" in done.output


def test_a_fault_is_shown_with_its_cure_and_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text(json.dumps({"Values": {"OKTA_API_TOKEN": "00-a-token-that-nobody-may-see"}}))

    done = RUN.invoke(command_line, ["doctor", "--settings", str(file)])

    assert done.exit_code == 1
    assert "Setting OKTA_ORG_URL: expected" in done.output
    assert "→ Correct OKTA_ORG_URL" in done.output
    assert "nobody-may-see" not in done.output


def test_programs_are_answered_in_json(tmp_path: Path) -> None:
    file = tmp_path / "local.settings.json"
    file.write_text('{"Values": {}}')

    done = RUN.invoke(command_line, ["doctor", "--settings", str(file), "--json"])

    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["outcome"]) == (1, "failed")
    assert {"name", "outcome", "found", "cure"} == set(answer["checks"][0])


@pytest.mark.parametrize("content", ["", "{}", '{"Values": []}'])
def test_a_file_that_holds_no_settings_is_refused_in_a_line(tmp_path: Path, content: str) -> None:
    file = tmp_path / "settings.json"
    file.write_text(content)

    done = RUN.invoke(command_line, ["doctor", "--settings", str(file)])

    assert done.exit_code == 1
    assert "is no settings file" in done.output
    assert "Traceback" not in done.output
