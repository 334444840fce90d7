"""The event hook by command: registered with all nine types, verified, put right, its secret changed without a gap."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from lifecycle.events import EVENT_TYPES
from local.admin.cli import app as command_line
from local.okta_org.model import Channel, ChannelConfig, EventHook, HookEvents
from local.okta_org.org import DEFAULT_TOKEN, OktaOrg
from local.okta_org.sample_org import seed_sample_people
from local.okta_org.server import make_app
from local.stand_in.sample_people import MANAGED_GROUP_ID, MANAGED_GROUP_NAME
from tests.local.admin.in_threads import in_a_thread

SECRET = "the-secret-of-the-event-hook"


@dataclass
class HookWorld:
    """An org, the app's door with the secrets that it takes, and a settings file."""

    org: OktaOrg
    okta_url: str
    url: str
    file: Path
    accepted: set[str] = field(default_factory=lambda: {SECRET})

    @property
    def values(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.file.read_text())["Values"]
        return found

    def write(self, **values: str) -> None:
        self.file.write_text(json.dumps({"IsEncrypted": False, "Values": values}))

    def run(self, *arguments: str) -> Result:
        given = ["hook", *arguments, "--url", self.url, "--settings", str(self.file)]
        done = CliRunner().invoke(command_line, given, env={"OKTA_ADMIN_TOKEN": ""})
        for secret in {*self.accepted, SECRET, DEFAULT_TOKEN}:
            assert secret not in done.output
        return done

    @property
    def hooks(self) -> list[EventHook]:
        return list(self.org.state.hooks.values())

    def put(self, **changes: Any) -> EventHook:
        """A hook that is there already."""
        now = self.org.controls.clock.millis()
        given = {
            "id": f"who{secrets.token_hex(8)}",
            "name": "Offstage",
            "verification_status": "VERIFIED",
            "created": now,
            "created_by": "00u1",
            "last_updated": now,
            "events": HookEvents(type="EVENT_TYPE", items=list(EVENT_TYPES)),
            "channel": Channel(type="HTTP", version="1.0.0", config=ChannelConfig(uri=f"{self.url}/api/okta/events")),
            "source": "https://contoso.okta.com/api/v1/eventHooks/who1",
        }
        hook = EventHook(**{**given, **changes})
        self.org.state.hooks[hook.id] = hook
        return hook


@pytest.fixture
def world(tmp_path: Path) -> Iterator[HookWorld]:
    org, accepted = OktaOrg(), {SECRET}
    seed_sample_people(org)

    async def door(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") not in accepted:
            return web.Response(status=401)
        return web.json_response({"verification": request.headers["x-okta-verification-challenge"]})

    def offstage() -> web.Application:
        application = web.Application()
        application.router.add_get("/api/okta/events", door)
        return application

    with in_a_thread(lambda: make_app(org), offstage) as (okta_url, url):
        made = HookWorld(org, okta_url, url, tmp_path / "local.settings.json", accepted)
        made.write(
            OKTA_ORG_URL=okta_url,
            OKTA_API_TOKEN=DEFAULT_TOKEN,
            OKTA_HOOK_SECRET=SECRET,
            TABLES_CONNECTION="UseDevelopmentStorage=true",
            KEPT="as it is",
        )
        yield made


def test_a_hook_is_registered_with_all_nine_types_a_filter_and_the_secret_and_verified(world: HookWorld) -> None:
    done = world.run("register")

    assert done.exit_code == 0, done.output
    [hook] = world.hooks
    assert hook.is_delivering
    assert set(hook.events.items) == set(EVENT_TYPES)
    assert len(hook.events.items) == 9
    assert hook.channel.config.uri == f"{world.url}/api/okta/events"
    assert hook.request_headers["Authorization"] == SECRET
    assert hook.events.filter
    conditions = {each["event"]: each["condition"]["expression"] for each in hook.events.filter["eventFilterMap"]}
    expression = f"event.target.?[type eq 'UserGroup' && (id eq '{MANAGED_GROUP_ID}')].size() > 0"
    assert conditions == dict.fromkeys(("group.user_membership.add", "group.user_membership.remove"), expression)


def test_an_org_without_filters_gets_a_hook_without_one(world: HookWorld) -> None:
    world.org.state.has_hook_filters = False

    done = world.run("register")

    assert done.exit_code == 0, done.output
    assert world.hooks[0].is_delivering
    assert world.hooks[0].events.filter is None


def test_a_hook_that_is_there_is_put_right_and_no_second_one_made(world: HookWorld) -> None:
    world.put(status="INACTIVE", events=HookEvents(type="EVENT_TYPE", items=["user.lifecycle.suspend"]))
    foreign = world.put(
        name="SIEM", channel=Channel(type="HTTP", version="1.0.0", config=ChannelConfig(uri="https://siem/x"))
    )

    done = world.run("register", "--no-filter")

    assert done.exit_code == 0, done.output
    mine, other = world.hooks
    assert (mine.is_delivering, len(mine.events.items), mine.events.filter) == (True, 9, None)
    assert other == foreign


def test_nothing_is_registered_for_an_app_that_does_not_know_the_secret(world: HookWorld) -> None:
    world.accepted.clear()

    done = world.run("register")

    assert done.exit_code == 1
    assert "set OKTA_HOOK_SECRET in the app" in done.output
    assert world.hooks == []


def test_nothing_is_registered_while_a_managed_group_is_missing(world: HookWorld) -> None:
    world.write(**world.values, OFFICE_GROUP=json.dumps([MANAGED_GROUP_NAME, "Interns"]))

    done = world.run("register")

    assert done.exit_code == 1
    assert "Okta has no group 'Interns'" in done.output
    assert world.hooks == []


def test_a_token_that_may_not_is_told_who_may(world: HookWorld) -> None:
    world.write(**{**world.values, "OKTA_API_TOKEN": "00-of-somebody-else"})

    done = world.run("verify")

    assert done.exit_code == 1
    assert "OKTA_ADMIN_TOKEN" in done.output


def test_a_hook_is_verified_again(world: HookWorld) -> None:
    world.put(verification_status="UNVERIFIED").channel.config.auth_scheme = None
    world.run("register")
    world.hooks[0].verification_status = "UNVERIFIED"

    done = world.run("verify")

    assert done.exit_code == 0, done.output
    assert world.hooks[0].is_delivering


def test_a_hook_that_cannot_be_verified_is_told_in_oktas_words(world: HookWorld) -> None:
    world.put()  # without the secret

    done = world.run("verify")

    assert done.exit_code == 1
    assert "HTTP status 401" in done.output


def test_verifying_needs_a_hook(world: HookWorld) -> None:
    done = world.run("verify")

    assert done.exit_code == 1
    assert "offstage hook register" in done.output


def test_the_status_shows_the_hooks_and_what_is_wrong(world: HookWorld) -> None:
    world.put(verification_status="UNVERIFIED")

    done = world.run("status")

    assert done.exit_code == 1
    assert "UNVERIFIED" in done.output
    assert "offstage hook verify" in done.output


def test_the_status_of_a_hook_that_brings_everything_is_well(world: HookWorld) -> None:
    world.put()

    done = world.run("status", "--json")

    assert done.exit_code == 0
    assert json.loads(done.stdout)["check"]["outcome"] == "ok"


def test_a_secret_is_changed_in_two_steps_and_at_no_moment_is_there_no_hook(world: HookWorld) -> None:
    world.run("register")
    [old] = world.hooks

    first = world.run("rotate-secret")

    assert first.exit_code == 0
    assert world.hooks == [old]
    new = world.values["OKTA_HOOK_SECRET"]
    assert (world.values["OKTA_HOOK_SECRET_PREVIOUS"], world.values["KEPT"]) == (SECRET, "as it is")
    assert len(new) >= 32
    assert new not in first.output

    world.accepted.add(new)  # as when the app was given it, and restarted
    second = world.run("rotate-secret")

    assert second.exit_code == 0, second.output
    [hook] = world.hooks
    assert hook.id != old.id
    assert (hook.is_delivering, hook.request_headers["Authorization"]) == (True, new)
    assert hook.events.filter == old.events.filter
    assert world.values["OKTA_HOOK_SECRET_PREVIOUS"] == ""


def test_a_secret_that_the_app_was_not_given_yet_changes_nothing_in_okta(world: HookWorld) -> None:
    world.run("register")
    [old] = world.hooks
    world.run("rotate-secret")

    again = world.run("rotate-secret")

    assert again.exit_code == 1
    assert "does not take the new secret yet" in again.output
    assert world.hooks == [old]


def test_without_an_address_the_command_says_what_is_missing(world: HookWorld) -> None:
    done = CliRunner().invoke(command_line, ["hook", "status", "--settings", str(world.file)], env={"OFFSTAGE_URL": ""})

    assert done.exit_code == 1
    assert "OFFSTAGE_URL" in done.output
