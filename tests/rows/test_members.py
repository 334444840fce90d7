"""A person in the table: which columns there are, and who is found how."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import Conflict
from clients.tables import Tables
from lifecycle.audit import Cause
from lifecycle.events import Flow
from lifecycle.members import Claimed, JoinedGroup, LeftGroup, Member, NewestEvent
from lifecycle.orders import Command, GivenCommand, Order, Outcome
from lifecycle.stages import Phase
from rows import members
from rows.stored import Page

NOW = datetime(2026, 9, 14, 10, 38, 41, 6000, tzinfo=UTC)
BARE = Member("00u7new3", "maya.lin@contoso.com", "activation-1", "d41c7e80", NOW)
WHOLE = Member(
    okta_user_id="00u7new3",
    login="maya.lin@contoso.com",
    instance="staged_deactivation-2",
    event_uuid="d41c7e80",
    published=NOW,
    phase=Phase.GRACE_PERIOD,
    claims=(Claimed("activation-1", None), Claimed("staged_deactivation-2", "activation-1")),
    display_name="Maya Lin",
    group_id="00g2m365",
    group_name="Office, 365 'Assignments'",
    entra_user_id="5b0f3a52",
    user_principal_name="maya.lin@contoso.com",
    manager_mail="iris@contoso.com",
    manager_name="Iris Admin",
    cause=Cause("group.user_membership.remove", NOW - timedelta(seconds=41), "hr-import@contoso.com"),
    newest=NewestEvent(NOW, "group.user_membership.remove", "00g2m365"),
    left_groups=(LeftGroup("00g3visio", "Visio, Users", NOW + timedelta(days=7), NOW, ("sku-1", "sku-2")),),
    joined=(JoinedGroup("00g4", NOW), JoinedGroup("00g5", NOW)),
    pending=(Flow.ACTIVATION, Flow.DEACTIVATION),
    held=True,
    released=True,
    dry_run=True,
    tries_again=True,
    reason="no free seat",
    awaiting_command="command-1",
    command=GivenCommand(
        "staged_deactivation-2", "command-1", Order(Command.EXTEND, NOW + timedelta(days=60), "ana@contoso.com"), NOW
    ),
    updated_at=NOW + timedelta(seconds=1),
)


GIVEN = GivenCommand("activation-1", "command-1", Order(Command.KEEP), NOW)


async def read(tables: Tables, okta_user_id: str = BARE.okta_user_id) -> Member:
    stored = await members.find(tables, okta_user_id)
    assert stored is not None
    return stored.record


async def columns(tables: Tables) -> dict[str, object]:
    row = await tables.get(members.TABLE, "member", BARE.okta_user_id)
    assert row is not None
    return row.values


async def test_row_has_a_column_for_everything_that_is_known(tables: Tables) -> None:
    await members.insert(tables, WHOLE)

    assert await columns(tables) == {
        "PartitionKey": "member",
        "RowKey": "00u7new3",
        "Login": "maya.lin@contoso.com",
        "InstanceId": "staged_deactivation-2",
        "EventUuid": "d41c7e80",
        "Published": NOW,
        "Phase": "grace_period",
        "Claims": '[["activation-1", null], ["staged_deactivation-2", "activation-1"]]',
        "DisplayName": "Maya Lin",
        "OktaGroupId": "00g2m365",
        "OktaGroupName": "Office, 365 'Assignments'",
        "EntraUserId": "5b0f3a52",
        "UserPrincipalName": "maya.lin@contoso.com",
        "ManagerMail": "iris@contoso.com",
        "ManagerName": "Iris Admin",
        "LeftGroups": (
            '[["00g3visio", "Visio, Users", "2026-09-21T10:38:41.006000+00:00", "2026-09-14T10:38:41.006000+00:00",'
            ' "sku-1", "sku-2"]]'
        ),
        "JoinedGroups": (
            '[["00g4", "2026-09-14T10:38:41.006000+00:00"], ["00g5", "2026-09-14T10:38:41.006000+00:00"]]'
        ),
        "NewestPublished": NOW,
        "NewestType": "group.user_membership.remove",
        "NewestGroupId": "00g2m365",
        "Pending": "activation,staged_deactivation",
        "Held": True,
        "Released": True,
        "DryRun": True,
        "TriesAgain": True,
        "LastError": "no free seat",
        "AwaitingCommand": "command-1",
        "Command": '{"command": "extend", "until": "2026-11-13T10:38:41.006000+00:00",'
        ' "instance": "staged_deactivation-2", "event": "command-1", "outcome": "asked", "by": "ana@contoso.com",'
        ' "at": "2026-09-14T10:38:41.006000+00:00"}',
        "CommandAskedAt": NOW,
        "UpdatedAt": NOW + timedelta(seconds=1),
        "EventType": "group.user_membership.remove",
        "EventPublished": NOW - timedelta(seconds=41),
        "EventActor": "hr-import@contoso.com",
        "Search": "maya.lin@contoso.com",
        "Search_1": "maya lin",
        "Search_2": "lin",
    }


async def test_row_has_no_column_for_what_is_not_known(tables: Tables) -> None:
    await members.insert(tables, BARE)

    assert set(await columns(tables)) == {
        *("PartitionKey", "RowKey", "Login", "Search", "InstanceId", "EventUuid", "Published", "Phase", "Claims"),
    }


async def test_reason_that_is_longer_than_a_column_is_cut(tables: Tables) -> None:
    await members.insert(tables, replace(BARE, reason="refused: " + "😀" * 50_000))

    reason = (await read(tables)).reason
    assert reason is not None
    assert reason.startswith("refused: 😀")
    assert reason.endswith("😀…")


@pytest.mark.parametrize(
    "member",
    [
        BARE,
        WHOLE,
        replace(WHOLE, login="", reason="", display_name=""),
        replace(WHOLE, left_groups=tuple(LeftGroup(f"00g{n}", "Visio Users", NOW, NOW) for n in range(1000))),
        replace(WHOLE, newest=NewestEvent(NOW, "user.lifecycle.deactivate")),
        replace(WHOLE, cause=Cause("drift.activate", NOW)),
        *(replace(BARE, phase=phase) for phase in Phase),
        *(replace(BARE, command=replace(GIVEN, outcome=outcome)) for outcome in Outcome),
    ],
    ids=lambda member: f"{member.phase}-{len(member.left_groups)}-{len(member.login)}-{member.newest is None}",
)
async def test_person_comes_back_as_stored(tables: Tables, member: Member) -> None:
    await members.insert(tables, member)

    assert await read(tables) == member


async def test_what_is_not_known_any_more_leaves_the_row(tables: Tables) -> None:
    await members.insert(tables, replace(WHOLE, left_groups=(LeftGroup("00g3visio", "x" * 100_000, NOW, NOW),)))
    stored = await members.find(tables, WHOLE.okta_user_id)
    assert stored is not None

    await members.replace(tables, BARE, stored.etag)

    assert await read(tables) == BARE
    assert not {name for name in await columns(tables) if name.startswith("LeftGroups")}


async def test_nobody_is_found_where_there_is_no_row(tables: Tables) -> None:
    assert await members.find(tables, "00u7new3") is None
    assert await members.find_by_login(tables, "maya.lin@contoso.com") == []
    assert [member async for member in members.every(tables)] == []


async def test_person_who_has_a_row_is_not_inserted_again(tables: Tables) -> None:
    await members.insert(tables, WHOLE)

    with pytest.raises(Conflict):
        await members.insert(tables, BARE)
    assert await read(tables) == WHOLE


async def test_row_that_was_written_since_it_was_read_is_not_replaced(tables: Tables) -> None:
    await members.insert(tables, BARE)
    stale = await members.find(tables, BARE.okta_user_id)
    assert stale is not None
    await members.replace(tables, WHOLE, stale.etag)

    with pytest.raises(Conflict):
        await members.replace(tables, BARE, stale.etag)
    assert await read(tables) == WHOLE


@pytest.mark.parametrize(
    ("login", "found"),
    [
        ("maya.lin@contoso.com", ["00u1", "00u2"]),
        ("Maya.Lin@Contoso.com", ["00u1", "00u2"]),
        ("Ana@contoso.com", ["00u3"]),
        ("ana@contoso.com", []),
        ("o'hara@contoso.com", ["00u4"]),
        ("nobody@contoso.com", []),
        ("nobody' or PartitionKey eq 'member", []),
    ],
)
async def test_everybody_who_has_had_a_login_is_found_by_it(tables: Tables, login: str, found: list[str]) -> None:
    logins = {"00u1": "maya.lin@contoso.com", "00u2": "maya.lin@contoso.com", "00u3": "Ana@contoso.com"}
    for okta_user_id, known in {**logins, "00u4": "o'hara@contoso.com"}.items():
        await members.insert(tables, replace(BARE, okta_user_id=okta_user_id, login=known))

    assert [member.okta_user_id for member in await members.find_by_login(tables, login)] == found


async def test_every_person_is_read_once(tables: Tables) -> None:
    for number in range(5):
        await members.insert(tables, replace(WHOLE, okta_user_id=f"00u{number}"))

    assert [member.okta_user_id async for member in members.every(tables)] == [f"00u{number}" for number in range(5)]


async def test_pages_follow_each_other_in_the_order_of_ids(tables: Tables) -> None:
    for number in (3, 1, 4, 0, 2):
        await members.insert(tables, replace(BARE, okta_user_id=f"00u{number}"))

    first = await members.page(tables, None, None, 2)
    second = await members.page(tables, None, first.continuation, 2)
    last = await members.page(tables, None, second.continuation, 2)

    ids = [[member.okta_user_id for member in page.records] for page in (first, second, last)]
    assert ids == [["00u0", "00u1"], ["00u2", "00u3"], ["00u4"]]
    assert (first.continuation, second.continuation, last.continuation) == ("00u1", "00u3", None)


async def test_page_of_a_phase_has_those_people_only(tables: Tables) -> None:
    for number, phase in enumerate((Phase.HELD, Phase.ACTIVE, Phase.HELD)):
        await members.insert(tables, replace(BARE, okta_user_id=f"00u{number}", phase=phase))

    held = await members.page(tables, Phase.HELD, None, 10)
    behind = await members.page(tables, Phase.HELD, "00u0", 10)

    assert [member.okta_user_id for member in held.records] == ["00u0", "00u2"]
    assert [member.okta_user_id for member in behind.records] == ["00u2"]
    assert await members.page(tables, Phase.UNLICENSED, None, 10) == Page((), None)


async def test_people_whose_run_has_yet_to_take_a_command_are_found_by_when_it_was_accepted(tables: Tables) -> None:
    given = {
        "00u0": GIVEN,
        "00u1": replace(GIVEN, at=NOW + timedelta(minutes=2)),
        "00u2": replace(GIVEN, outcome=Outcome.CARRIED_OUT),
        "00u3": replace(GIVEN, outcome=Outcome.NOT_CARRIED_OUT),
        "00u4": None,
    }
    for okta_user_id, command in given.items():
        await members.insert(tables, replace(BARE, okta_user_id=okta_user_id, command=command))

    found = [each async for each in members.with_outstanding_command(tables, NOW + timedelta(minutes=1))]

    assert found == [replace(BARE, okta_user_id="00u0", command=GIVEN)]


@pytest.mark.parametrize("named", ["maya", "MAYA.l", "Lin", "Maya Lin", "maya.lin@contoso.com", "m"])
async def test_person_is_found_by_how_the_login_or_a_word_of_the_name_begins(tables: Tables, named: str) -> None:
    others = [
        replace(BARE, okta_user_id="00u8", login="omar@contoso.com", display_name="Omar Al-Lin"),
        replace(BARE, okta_user_id="00u9", login="zoe@contoso.com", display_name=None),
    ]
    for member in (WHOLE, *others):
        await members.insert(tables, member)

    found = await members.page(tables, None, None, 10, named)

    assert [member.okta_user_id for member in found.records] == [WHOLE.okta_user_id]


async def test_person_is_found_in_a_phase_by_name(tables: Tables) -> None:
    await members.insert(tables, WHOLE)

    assert (await members.page(tables, Phase.HELD, None, 10, "maya")).records == ()
    assert len((await members.page(tables, Phase.GRACE_PERIOD, None, 10, "maya")).records) == 1


@pytest.mark.parametrize("named", ["' or '1' eq '1", "\ud7ff", "😀", "\uffff", "zz"])
async def test_odd_names_find_nobody_else(tables: Tables, named: str) -> None:
    await members.insert(tables, WHOLE)

    assert (await members.page(tables, None, None, 10, named)).records == ()


async def test_person_is_found_by_a_name_in_any_writing(tables: Tables) -> None:
    await members.insert(tables, replace(WHOLE, display_name="李 小龍"))

    assert len((await members.page(tables, None, None, 10, "小")).records) == 1


async def test_name_longer_than_a_column_is_stored_all_the_same(tables: Tables) -> None:
    await members.insert(tables, replace(WHOLE, display_name="x" * 30_000))

    assert len((await members.page(tables, None, None, 10, "xxx")).records) == 1
