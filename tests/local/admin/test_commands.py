"""The commands over the app's routes: what they ask, what they show, and how they end. The app is one of our making."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import web
from typer.testing import CliRunner, Result

from local.admin import runs
from local.admin.audit import write_page
from local.admin.cli import app as command_line
from tests.local.admin.in_threads import in_a_thread

KEY = "a-function-key-that-nobody-may-see"
MAYA = {
    "okta_user_id": "00u1",
    "login": "maya.lin@contoso.com",
    "display_name": "Maya \x1b[31mLin [bold]",
    "phase": "grace_period",
    "reason": None,
    "due_at": "2026-10-14T10:38:41+00:00",
    "commands": ["keep", "extend"],
    "group_name": "Sales",
    "user_principal_name": "maya.lin@contoso.com",
    "manager_mail": "noor.haddad@contoso.com",
    "instance": "staged_deactivation-1",
    "audit": [{"at": "2026-09-14T10:38:41Z", "act": "disable_account", "outcome": "done", "actor": "hr", "detail": ""}],
    "mails": [{"at": "2026-09-14T10:38:42Z", "state": "sent", "subject": "disabled.", "error": None}],
}
LICENSE = {
    "group_name": "Sales",
    "name": "Microsoft 365 E3",
    "sku_part_number": "SPE_E3",
    "assign": True,
    "consumed_units": 87,
    "enabled_units": 300,
}
STARTED = {"id": "run-1", "statusQueryGetUri": "http://…/runs/run-1"}


@dataclass
class FakeApp:
    """Answers in turn what is set for a route (status and body), and remembers what it was asked."""

    url: str = ""
    answers: dict[str, list[tuple[int, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)

    async def answer(self, request: web.Request) -> web.Response:
        if request.headers.get("x-functions-key") != KEY:
            return web.Response(status=401)
        path = unquote(request.rel_url.raw_path.removeprefix("/api/"))
        query = f"?{request.query_string}" if request.query_string else ""
        body = await request.read()
        self.asked.append((f"{request.method} {path}{query}", json.loads(body) if body else None))
        waiting = self.answers[f"{request.method} {path}"]
        status, answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, str):
            link = self.links.get(answer)
            return web.Response(text=answer, headers={"Link": f'<{self.url}{link}>; rel="next"'} if link else {})
        return web.json_response(answer, status=status)

    def run(self, *arguments: str, key: str = KEY, given: str | None = None) -> Result:
        done = CliRunner().invoke(
            command_line, arguments, env={"OFFSTAGE_URL": self.url, "OFFSTAGE_KEY": key}, input=given
        )
        assert KEY not in done.output
        assert "Traceback" not in done.output
        return done


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApp]:
    monkeypatch.setattr(runs, "LOOK_EVERY", 0)
    made = FakeApp()

    def build() -> web.Application:
        application = web.Application()
        application.router.add_route("*", "/api/{path:.*}", made.answer)
        return application

    with in_a_thread(build) as (url,):
        made.url = url
        yield made


def test_everybody_is_listed_page_by_page(fake: FakeApp) -> None:
    fake.answers["GET members"] = [
        (200, {"members": [MAYA], "continuation": "more"}),
        (200, {"members": [{**MAYA, "login": "omar@contoso.com"}], "continuation": None}),
    ]

    done = fake.run("members", "list", "--phase", "grace_period")

    assert done.exit_code == 0
    assert [asked for asked, _ in fake.asked] == [
        "GET members?phase=grace_period&top=500",
        "GET members?phase=grace_period&top=500&continuation=more",
    ]
    assert "maya.lin@contoso.com  grace_period  2026-10-14 10:38" in done.output
    assert "2 people" in done.output


def test_a_person_is_shown_and_no_name_steers_the_terminal(fake: FakeApp) -> None:
    fake.answers["GET members/maya.lin@contoso.com"] = [(200, MAYA)]

    done = fake.run("members", "show", "maya.lin@contoso.com")

    assert done.exit_code == 0
    assert "\x1b[31m" not in done.output
    assert "Lin [bold]" in done.output
    assert "disable_account" in done.output
    assert "keep, extend" in done.output


def test_json_says_the_same_and_steers_no_terminal(fake: FakeApp) -> None:
    """JSON lets U+009B stand in a string, which begins a command to a terminal, and U+202E, which turns the writing."""
    hostile = MAYA | {"display_name": "Jürgen \x1b[31m \x9b31m \u202e \U000e0041 \x7f"}
    fake.answers["GET members/00u1"] = [(200, hostile)]

    said = fake.run("members", "show", "00u1", "--json").stdout

    assert json.loads(said) == hostile
    assert all(each.isprintable() for each in said.replace("\n", ""))
    assert "Jürgen" in said


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_exported_page_is_plain_on_a_screen_and_untouched_in_a_file() -> None:
    page = "login,detail\r\nmaya,\x1b]0;owned\x07 \x9b2J\r\n"
    screen, file = Screen(), io.StringIO()

    write_page(screen, page)
    write_page(file, page)

    assert screen.getvalue() == "login,detail\nmaya,\\u001b]0;owned\\u0007 \\u009b2J\n"
    assert file.getvalue() == page


def test_programs_get_json_and_nothing_else(fake: FakeApp) -> None:
    fake.answers["GET members/00u1"] = [(200, MAYA)]

    assert json.loads(fake.run("members", "show", "00u1", "--json").stdout) == MAYA


@pytest.mark.parametrize("word", ["keep", "remove-now", "discard", "retry", "skip", "deactivate", "activate"])
def test_a_command_is_given_to_the_persons_run(fake: FakeApp, word: str) -> None:
    fake.answers[f"POST members/a/b@contoso.com/{word}"] = [(202, {"instance": "run-1", "command": word})]

    done = fake.run("members", word, "a/b@contoso.com")

    assert done.exit_code == 0
    assert fake.asked == [(f"POST members/a/b@contoso.com/{word}", None)]
    assert f"Accepted: {word}" in done.output


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2027-01-31", "2027-01-31T00:00:00+00:00"),
        ("2027-01-31T17:00", "2027-01-31T17:00:00+00:00"),
        ("2027-01-31T17:00:00+0100", "2027-01-31T17:00:00+01:00"),
    ],
)
def test_another_date_is_given_with_its_zone(fake: FakeApp, given: str, sent: str) -> None:
    fake.answers["POST members/00u1/extend"] = [(202, {"instance": "run-1", "command": "extend"})]

    assert fake.run("members", "extend", "00u1", "--until", given).exit_code == 0
    assert fake.asked == [("POST members/00u1/extend", {"until": sent})]


def test_what_the_app_refuses_is_told_in_its_words_and_ends_with_1(fake: FakeApp) -> None:
    fake.answers["POST members/00u1/keep"] = [(409, {"title": "Conflict", "detail": "the run awaits no command"})]

    done = fake.run("members", "keep", "00u1")

    assert done.exit_code == 1
    assert "409: the run awaits no command" in done.stderr
    assert done.stdout == ""


def test_a_wrong_key_is_told_without_showing_it(fake: FakeApp) -> None:
    done = fake.run("members", "list", key="another-key-of-somebody")

    assert done.exit_code == 1
    assert "OFFSTAGE_KEY" in done.output
    assert "another-key-of-somebody" not in done.output


def test_a_key_may_come_from_a_file(fake: FakeApp, tmp_path: Path) -> None:
    fake.answers["GET members"] = [(200, {"members": [], "continuation": None})]
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")

    assert fake.run("members", "list", "--key-file", str(file), key="").exit_code == 0
    assert fake.run("members", "list", "--key-file", str(tmp_path / "none"), key="").exit_code == 1


def test_a_wave_is_released_until_nobody_is_held_any_more(fake: FakeApp) -> None:
    one = {"okta_user_id": "00u1", "login": "maya.lin@contoso.com", "instance": "run-1"}
    fake.answers["POST members/release"] = [
        (202, {"released": [one], "not_released": [], "still_held": 1}),
        (202, {"released": [one], "not_released": [], "still_held": 0}),
    ]

    done = fake.run("members", "release", "--all")

    assert done.exit_code == 0
    assert fake.asked == [("POST members/release", {})] * 2
    assert "2 released, 0 still held" in done.output


def test_people_are_released_by_name(fake: FakeApp) -> None:
    missed = {"okta_user_id": "00u2", "login": "omar@contoso.com", "reason": "told before"}
    fake.answers["POST members/release"] = [(202, {"released": [], "not_released": [missed], "still_held": 0})]

    done = fake.run("members", "release", "omar@contoso.com")

    assert fake.asked == [("POST members/release", {"members": ["omar@contoso.com"]})]
    assert (done.exit_code, "omar@contoso.com: told before" in done.output) == (1, True)


@pytest.mark.parametrize("arguments", ["members release", "members release 00u1 --all", "members hold"])
def test_wrong_use_ends_with_2_and_asks_nobody(fake: FakeApp, arguments: str) -> None:
    assert fake.run(*arguments.split()).exit_code == 2
    assert fake.asked == []


def run_of(status: str, output: Any = None) -> dict[str, Any]:
    shown = {"stage": "reading_group", "about": "Sales"}
    return {"name": "x", "instanceId": "run-1", "runtimeStatus": status, "customStatus": shown, "output": output}


def test_a_store_is_waited_for_from_before_the_host_knows_it_to_its_end(fake: FakeApp) -> None:
    fake.answers["POST licenses/store"] = [(202, STARTED)]
    fake.answers["GET runs/run-1"] = [
        (404, {"detail": "there is no run"}),
        (202, run_of("Running")),
        (200, run_of("Completed", {"stored": 3})),
    ]

    done = fake.run("licenses", "store", "--group", "Sales", "--clear-first")

    assert done.exit_code == 0, done.output
    assert fake.asked[0] == ("POST licenses/store", {"clear_first": True, "group": "Sales"})
    assert len(fake.asked) == 4
    assert "stored: 3" in done.stdout


def test_a_run_that_fails_is_told_as_such(fake: FakeApp) -> None:
    fake.answers["POST licenses/store"] = [(202, STARTED)]
    fake.answers["GET runs/run-1"] = [(200, run_of("Failed", "no such group"))]

    done = fake.run("licenses", "store")

    assert (done.exit_code, "Failed: no such group" in done.output) == (1, True)


def test_a_run_need_not_be_waited_for(fake: FakeApp) -> None:
    fake.answers["POST licenses/store"] = [(202, STARTED)]

    done = fake.run("licenses", "store", "--no-wait", "--json")

    assert json.loads(done.stdout) == STARTED
    assert len(fake.asked) == 1


def test_the_catalog_is_shown(fake: FakeApp) -> None:
    fake.answers["GET licenses"] = [(200, {"licenses": [LICENSE]})]

    done = fake.run("licenses", "list", "--group", "Sales")

    assert fake.asked[0][0] == "GET licenses?group=Sales"
    assert "Microsoft 365 E3  SPE_E3  given      87 of 300" in done.output


@pytest.mark.parametrize(("switch", "assign"), [("--on", True), ("--off", False)])
def test_what_newcomers_are_given_is_switched(fake: FakeApp, switch: str, assign: bool) -> None:
    fake.answers["PATCH licenses/Sales/sku-1"] = [(200, {**LICENSE, "assign": assign})]

    done = fake.run("licenses", "assign", "Sales", "sku-1", switch)

    assert fake.asked == [("PATCH licenses/Sales/sku-1", {"assign": assign})]
    assert done.exit_code == 0


def test_nothing_is_cleared_without_a_yes(fake: FakeApp) -> None:
    fake.answers["DELETE licenses"] = [(202, STARTED)]

    assert fake.run("licenses", "clear", given="n\n").exit_code == 1
    assert fake.asked == []
    assert fake.run("licenses", "clear", "--group", "Sales", "--no-wait", given="y\n").exit_code == 0
    assert fake.asked == [("DELETE licenses?group=Sales", None)]


@pytest.mark.parametrize(("reason", "code"), [(None, 0), ("reading group (Sales): Okta gave no answer", 1)])
def test_a_drift_check_shows_what_it_found_and_whether_it_came_to_its_end(
    fake: FakeApp, reason: str | None, code: int
) -> None:
    finding = {"kind": "past_due", "login": "maya.lin@contoso.com", "finding": "the date is over", "not_started": None}
    report = {"findings": [finding], "counts": {"findings": 1}, "reason": reason}
    fake.answers["POST members/reconcile"] = [(202, STARTED)]
    fake.answers["GET runs/run-1"] = [(200, run_of("Completed", report))]

    done = fake.run("reconcile", "--apply", "--finding", "past_due", "--finding", "left_unseen", "--member", "00u1")

    body = {"apply": True, "findings": ["past_due", "left_unseen"], "members": ["00u1"]}
    assert fake.asked[0] == ("POST members/reconcile", body)
    assert done.exit_code == code
    assert "past_due" in done.output


def test_the_audit_is_exported_page_by_page_into_a_file(fake: FakeApp, tmp_path: Path) -> None:
    fake.answers["GET audit"] = [(200, '{"act": 1}\n'), (200, '{"act": 2}\n')]
    fake.links['{"act": 1}\n'] = "/api/audit?from=a&continuation=next%2Bpage"
    file = tmp_path / "audit.jsonl"

    done = fake.run("audit", "export", "--from", "2026-09-01", "--to", "2026-10-01", "--output", str(file))

    assert done.exit_code == 0, done.output
    assert [asked for asked, _ in fake.asked] == [
        "GET audit?from=2026-09-01T00:00:00%2B00:00&to=2026-10-01T00:00:00%2B00:00",
        "GET audit?from=a&continuation=next%2Bpage",
    ]
    assert file.read_text() == '{"act": 1}\n{"act": 2}\n'


def test_the_report_shows_numbers_and_licenses(fake: FakeApp) -> None:
    report = {
        "from": "2026-09-01T00:00:00Z",
        "people": 7,
        "minutes_to_disable": {"median": 1.5},
        "skus": [{"name": "E3"}],
    }
    fake.answers["GET audit/report"] = [(200, report)]

    done = fake.run("audit", "report", "--from", "2026-09-01", "--to", "2026-10-01")

    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in ("people  7", "median", "1.5", "E3"))


def test_a_file_that_cannot_be_written_is_told(fake: FakeApp, tmp_path: Path) -> None:
    fake.answers["GET audit"] = [(200, "{}\n")]

    done = fake.run("audit", "export", "--from", "2026-09-01", "--to", "2026-10-01", "-o", str(tmp_path / "no" / "a"))

    assert (done.exit_code, "cannot be written" in done.output) == (1, True)


def test_an_address_where_nobody_is_is_told_in_a_line() -> None:
    done = CliRunner().invoke(command_line, ["members", "list", "--url", "http://127.0.0.1:1"])

    assert done.exit_code == 1
    assert "http://127.0.0.1:1 cannot be reached" in done.output


def test_the_flow_pack_is_imported_by_the_same_command(tmp_path: Path) -> None:
    done = CliRunner().invoke(command_line, ["import-flowpack", str(tmp_path / "none.flopack")])

    assert done.exit_code == 1


@pytest.mark.parametrize("url", ["http://offstage.azurewebsites.net", "http://localhost.evil.example", "offstage"])
def test_key_goes_over_no_line_that_others_read(url: str) -> None:
    done = CliRunner().invoke(command_line, ["members", "list", "--url", url], env={"OFFSTAGE_KEY": KEY})

    assert (done.exit_code, "is not https" in done.output) == (1, True)
