"""What operators see of people."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from clients.tables import Tables
from lifecycle.audit import AuditEntry
from lifecycle.licenses import AssignedLicense, SnapshotEntry, to_json
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.members import LeftGroup
from rows import audit, mails
from tests.triggers.members_world import ADA, ADAS, BOB, NOW, RUN, World

ODD_NAMES = [
    "' or '1' eq '1",
    "a/b\\c#d?e",
    "\x00",
    "a\nb",
    "x" * 10_000,
    "\ud800",
    "😀" * 255,
    "..",
    "me",
    "%00",
    " ",
    "00u1ada ",
    "ada@contoso.com' or PartitionKey ne '",
]


@pytest.fixture
def world(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> World:
    return World(tables, monkeypatch)


async def test_everybody_is_listed_with_what_their_runs_listen_to(world: World) -> None:
    await world.put(BOB, ADA)

    status, answer = await world.listed()

    assert (status, answer["continuation"]) == (200, None)
    ada, bob = answer["members"]
    assert (ada["login"], ada["phase"], ada["instance"]) == (ADA.login, "grace_period", RUN)
    assert (ada["commands"], bob["commands"]) == (["extend", "keep", "remove-now"], [])
    assert (ada["display_name"], ada["path"]) == ("Ada <b>Lovelace</b>", "members/00u1ada")


async def test_list_of_one_phase_has_those_people_only(world: World) -> None:
    await world.put(ADA, BOB)

    _, answer = await world.listed(phase="unlicensed")

    assert [person["login"] for person in answer["members"]] == [BOB.login]


async def test_pages_follow_each_other_until_everybody_was_listed_once(world: World) -> None:
    people = [replace(ADA, okta_user_id=f"00u{number}") for number in range(7)]
    await world.put(*people, replace(BOB, okta_user_id="00u3b"))

    seen: list[str] = []
    continuation: dict[str, str] = {}
    while True:
        _, page = await world.listed(phase="grace_period", top="3", **continuation)
        assert len(page["members"]) <= 3
        seen += [person["okta_user_id"] for person in page["members"]]
        if page["continuation"] is None:
            break
        continuation = {"continuation": page["continuation"]}

    assert seen == [member.okta_user_id for member in people]


@pytest.mark.parametrize(
    "params",
    [
        {"phase": "gone"},
        {"phase": "unseen"},  # the end of a run, never where a person stands
        {"phase": "unlicensed' or 'a' eq 'a"},
        {"top": "-7"},
        {"top": "1001"},
        {"top": "many"},
        {"continuation": "' or RowKey gt '"},
        {"continuation": "x" * 65},
        {"continuation": "a\n"},
    ],
)
async def test_query_that_makes_no_sense_is_refused_with_what_was_expected(
    world: World, params: dict[str, str]
) -> None:
    status, answer = await world.listed(**params)

    assert status == 400
    assert f"all optional; {next(iter(params))}: " in answer["detail"]
    assert next(iter(params.values())) not in answer["detail"]


@pytest.mark.parametrize("user", [ADA.okta_user_id, ADA.login, "Ada@Contoso.com"])
async def test_person_is_found_by_id_and_by_login_however_it_is_spelled(world: World, user: str) -> None:
    await world.put(ADA, BOB)

    status, answer = await world.shown(user)

    assert (status, answer["okta_user_id"]) == (200, ADA.okta_user_id)


async def test_person_is_shown_with_what_was_done_newest_first_and_with_the_mails(world: World) -> None:
    await world.put(ADA)
    for minutes, act in enumerate(("disable_account", "revoke_sign_in_sessions")):
        entry = AuditEntry(NOW + timedelta(minutes=minutes), act, "done", RUN, "d41c7e80", dry_run=False)
        await audit.append(world.tables, replace(entry, okta_user_id=ADA.okta_user_id))
        mail = LedgerEntry(ADA.okta_user_id, act, entry.at, RUN, "noor@contoso.com", act, "the whole mail")
        await mails.upsert(world.tables, replace(mail, state=MailState.SENT))

    _, answer = await world.shown(ADA.login)

    assert [act["act"] for act in answer["audit"]] == ["revoke_sign_in_sessions", "disable_account"]
    assert [mail["subject"] for mail in answer["mails"]] == ["revoke_sign_in_sessions", "disable_account"]
    assert answer["mails"][0] | {"at": None} == {
        "at": None,
        "subject": "revoke_sign_in_sessions",
        "state": "sent",
        "may_be_twice": False,
        "error": None,
    }
    assert "the whole mail" not in json.dumps(answer)


async def test_of_the_snapshot_only_the_skus_are_shown(world: World) -> None:
    e3, plan = str(uuid4()), str(uuid4())
    held = AssignedLicense(e3, direct=True, disabled_plans=(plan,))
    left = LeftGroup("00g1", "Visio Users", NOW, NOW)
    await world.put(replace(ADA, left_groups=(left,)))
    await world.put_account(replace(ADAS, snapshot=to_json((SnapshotEntry(held),))))

    _, answer = await world.shown(ADA.login)

    assert answer["snapshot_sku_ids"] == [e3]
    assert plan not in json.dumps(answer)
    assert [group["name"] for group in answer["left_groups"]] == ["Visio Users"]


async def test_date_is_that_of_the_account_while_it_is_the_persons(world: World) -> None:
    await world.put(ADA)
    await world.put_account(ADAS)

    _, owner = await world.shown(ADA.login)
    await world.put_account(replace(ADAS, owner="00u9rehired"))
    _, former = await world.shown(ADA.login)

    assert datetime.fromisoformat(owner["due_at"]) == ADAS.due_at
    assert (former["due_at"], former["snapshot_sku_ids"]) == (None, [])


async def test_snapshot_that_cannot_be_read_hides_nothing_else(world: World) -> None:
    await world.put(ADA)
    await world.put_account(replace(ADAS, snapshot="nonsense"))

    status, answer = await world.shown(ADA.login)

    assert (status, answer["snapshot_sku_ids"], answer["login"]) == (200, None, ADA.login)


async def test_login_that_went_from_one_person_to_another_is_refused_with_both_ids(world: World) -> None:
    await world.put(ADA, replace(ADA, okta_user_id="00u9new"))

    for status, answer in (await world.shown(ADA.login), await world.tell(ADA.login, "keep")):
        assert status == 409
        assert "00u1ada, 00u9new" in answer["detail"]
    assert world.client.raised == []


@pytest.mark.parametrize("user", ["nobody@contoso.com", *ODD_NAMES])
async def test_name_of_nobody_is_a_404_whatever_it_is_made_of(world: World, user: str) -> None:
    await world.put(ADA)

    for command in ("keep", "deactivate"):
        status, answer = await world.tell(user, command)
        assert (status, len(answer["detail"]) < 500) == (404, True)
    assert (await world.shown(user))[0] == 404
    assert (world.client.raised, world.client.inputs) == ([], {})
