"""Rows of made-up people in every phase, written straight into the tables: a busy morning of a large company."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID

from clients.tables import Tables, Write
from lifecycle.accounts import Account, Intent
from lifecycle.audit import DONE, OPERATOR_COMMAND, AuditEntry, operator_actor
from lifecycle.catalog import CatalogEntry
from lifecycle.health import LastDriftCheck
from lifecycle.licenses import AssignedLicense, Snapshot, SnapshotEntry, from_json, to_json
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.members import Member, NewestEvent
from lifecycle.stages import Phase
from lifecycle.system_log import FILTER, Place
from local.stand_in.sample_people import (
    CONTRACTORS_GROUP_ID,
    CONTRACTORS_GROUP_NAME,
    MANAGED_GROUP_ID,
    MANAGED_GROUP_NAME,
    NOOR_LOGIN,
)
from rows import accounts, audit, catalog, mails, members, state

FIRST_NAMES = (
    "Aisha Alma Amir Ana Anouk Arjun Bea Björn Carla Chen Dagny Daniel Diego Elif Emma Farid Femke Grace Hana Hugo"
    " Ines Ivo Jonas Julia Kaito Katrin Lars Leila Liam Lucía Mara Mateo Mei Milan Nadia Niels Noor Olga Omar Paula"
    " Pieter Priya Rafael Rosa Samir Sara Sven Tariq Thea Tomás Vera Wanda Yara Yusuf Zoë"
)
LAST_NAMES = (
    "Andersson Bakker Bauer Becker Bianchi Costa Dahl Díaz Dubois Eriksen Fischer Fuentes García Haddad Hansen Hoffman"
    " Ivanova Jansen Kaya Keller Kim Kovács Larsen Leroy Lin Lindgren Lopez Marino Meyer Moreau Nakamura Nguyen Novak"
    " Okafor Olsen Patel Peeters Petrov Ramos Reyes Rossi Sato Schmidt Silva Singh Smit Tanaka Torres Vermeer Visser"
    " Wagner Weber Yildiz Zhang"
)
E3, VISIO, PROJECT, FLOW_FREE, BUSINESS = (
    "05e9a617-0261-4cee-bb44-138d3ef5d965",
    "c5928f49-12ba-48f7-ada3-0d743a3601d5",
    "53818b1b-4a27-454b-8896-0dba576410e6",
    "f30db892-07e9-47e9-837c-80727f46fd3d",
    "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
)
SKUS = (
    (E3, "SPE_E3", "Microsoft 365 E3", 18_500, 18_122),
    (BUSINESS, "SPB", "Microsoft 365 Business Premium", 300, 211),
    (VISIO, "VISIOCLIENT", "Visio Plan 2", 240, 240),
    (PROJECT, "PROJECTPROFESSIONAL", "Planner and Project Plan 3", 400, 377),
    (FLOW_FREE, "FLOW_FREE", "Microsoft Power Automate Free", 10_000, 4_310),
)
# Of a thousand people, how many stand where; the rest are active.
SHARES = ((Phase.GRACE_PERIOD, 620), (Phase.UNLICENSED, 240), (Phase.NOT_CURRENT, 30), (Phase.HELD, 6))
REASONS = (
    f"removing the licenses: {VISIO}: Microsoft Graph answered 400: the subscription is in a state in which licenses"
    " cannot be changed",
    "finding the Microsoft 365 account: two living users may own it, by mail alone; name the right one in Okta",
    "disabling the Microsoft 365 account: this account is ruled by Active Directory; disable it there",
    f"no free seat of {VISIO}",
    f"no free seat of {VISIO}",
)
HELD = "more deactivations within an hour than MAX_DEACTIVATIONS_PER_HOUR lets through"


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A person with the account's row."""

    member: Member
    account: Account

    @property
    def direct(self) -> list[str]:
        """The SKUs that are to go, or are gone."""
        return [entry.license.sku_id for entry in from_json(self.account.snapshot) if entry.license.direct]


async def store(tables: Tables, number: int, now: datetime) -> list[MadeUp]:
    """Write so many people into empty tables, the catalog, and where catch-up is; returns the people."""
    people = list(make(number, now))
    # Inserted, not upserted: Azurite looks at every row there is for each one that is written, and twice for those.
    await tables.submit(members.TABLE, [Write("insert", members.to_values(each.member)) for each in people])
    await tables.submit(accounts.TABLE, [Write("insert", accounts.to_values(each.account)) for each in people])
    for group in ((MANAGED_GROUP_ID, MANAGED_GROUP_NAME), (CONTRACTORS_GROUP_ID, CONTRACTORS_GROUP_NAME)):
        entries = [Write("upsert", catalog.to_values(entry)) for entry in _catalog(group, now)]
        await tables.submit(catalog.TABLE, entries)
    place = await state.find_place(tables)
    seen = Place("http://127.0.0.1:7080/api/v1/logs?after=1", now, now - timedelta(minutes=2), FILTER)
    await state.store_place(tables, seen, place.etag if place else None)
    return people


def make(number: int, now: datetime) -> Iterator[MadeUp]:
    chance = Random(7)  # the same people in every picture
    first, last = FIRST_NAMES.split(), LAST_NAMES.split()
    for at in range(number):
        name = f"{chance.choice(first)} {chance.choice(last)}"
        yield _person(at, name, _phase(at, number), chance, now)


def _phase(at: int, number: int) -> Phase:
    if at < len(REASONS):
        return Phase.NEEDS_ATTENTION
    place = (at - len(REASONS)) * 1000 // number
    for phase, share in SHARES:
        if place < share:
            return phase
        place -= share
    return Phase.ACTIVE


def _person(at: int, name: str, phase: Phase, chance: Random, now: datetime) -> MadeUp:
    id, login = f"00u{at:06}Zp5Rt6Vb15d7", f"{_plain(name)}.{at}@contoso.com"
    left_at = now - timedelta(minutes=chance.randrange(60, 30 * 24 * 60))
    account_id = str(UUID(int=chance.getrandbits(128), version=4))
    awaits = phase in (Phase.HELD, Phase.GRACE_PERIOD, Phase.NEEDS_ATTENTION)
    reason = REASONS[at] if at < len(REASONS) else HELD if phase is Phase.HELD else None
    since = now - timedelta(minutes=8 + 13 * at if at < len(REASONS) else chance.randrange(20, 50))
    instance = f"{'activation' if phase is Phase.ACTIVE else 'staged_deactivation'}-{UUID(int=at, version=4)}"
    member = Member(
        okta_user_id=id,
        login=login,
        instance=instance,
        event_uuid=str(UUID(int=at, version=4)),
        published=left_at,
        phase=phase,
        display_name=name,
        group_id=MANAGED_GROUP_ID,
        group_name=MANAGED_GROUP_NAME,
        entra_user_id=account_id,
        user_principal_name=login,
        manager_mail=NOOR_LOGIN,
        manager_name="Noor Haddad",
        reason=reason,
        awaiting_command="command-1" if awaits else None,
        tries_again=bool(reason and reason.startswith("no free seat")),
        held=phase is Phase.HELD,
        updated_at=since if reason else left_at,
    )
    due = _due(chance, now) if phase is Phase.GRACE_PERIOD else None
    account = Account(
        account_id,
        login,
        id,
        instance,
        intent=Intent.ENABLED if phase is Phase.ACTIVE else Intent.DISABLED,
        confirmed=True,
        disabled_by_us=phase in (Phase.GRACE_PERIOD, Phase.UNLICENSED),
        due_at=due,
        snapshot=to_json(_snapshot(chance, taken=phase is Phase.UNLICENSED)),
        updated_at=left_at,
    )
    return MadeUp(member, account)


def _due(chance: Random, now: datetime) -> datetime:
    """Within the next month, mostly on working days: people leave at the end of a week, and of a month."""
    while True:
        day = (now + timedelta(days=chance.randrange(0, 31))).date()
        if day.weekday() < 5 or chance.random() < 0.06:
            break
    due = datetime.combine(day, time(8 + chance.randrange(10), chance.randrange(60)), UTC)
    return max(due, now + timedelta(minutes=chance.randrange(20, 400)))


def _snapshot(chance: Random, *, taken: bool) -> Snapshot:
    held = [E3, *(each for each in (VISIO, PROJECT) if chance.random() < 0.3)]
    direct = [SnapshotEntry(AssignedLicense(each, direct=True), taken=taken) for each in held]
    return (*direct, SnapshotEntry(AssignedLicense(FLOW_FREE, groups=("entra-group",))))


def _catalog(group: tuple[str, str], now: datetime) -> Iterator[CatalogEntry]:
    stored_at = now - timedelta(hours=5)
    for number, (sku_id, part, name, enabled, used) in enumerate(SKUS, 1):
        given = sku_id == E3 and group[0] == MANAGED_GROUP_ID
        yield CatalogEntry(
            *group, sku_id, name, part, "User", "Enabled", enabled, used, stored_at, row_number=number, assign=given
        )


async def store_acts(tables: Tables, people: Sequence[MadeUp], now: datetime) -> None:
    """What was done last, and what the last drift check found: the licenses of a few people went within the hours."""
    gone = [each for each in people if each.member.phase is Phase.UNLICENSED][:40]
    for number, each in enumerate(gone):
        at = now - timedelta(minutes=3 + 11 * number)
        names = tuple(name for sku_id, _, name, *_ in SKUS if sku_id in each.direct)
        await audit.append(tables, _act(each.member, at, "remove_licenses", licenses=names))
        await audit.append(tables, _act(each.member, at + timedelta(seconds=2), "mail_licenses_removed"))
    await state.store_drift_check(tables, LastDriftCheck(now - timedelta(hours=9), 0, {}))


async def store_story(tables: Tables, person: MadeUp, now: datetime) -> None:
    """One person's: left nine days ago, and an operator has given ten days more."""
    left, due = now - timedelta(days=9, hours=3), now + timedelta(days=31)
    newest = NewestEvent(left, "group.user_membership.remove", MANAGED_GROUP_ID)
    member = replace(person.member, newest=newest, published=left, updated_at=left + timedelta(days=5))
    await tables.upsert(members.TABLE, members.to_values(member))
    account = replace(person.account, due_at=due, updated_at=member.updated_at)
    await tables.upsert(accounts.TABLE, accounts.to_values(account))
    said, later = f"extend until {due.isoformat()}", left + timedelta(days=5)
    for entry in (
        _act(member, left + timedelta(seconds=4), "revoke_sign_in_sessions"),
        _act(member, left + timedelta(seconds=5), "disable_account"),
        _act(member, later, OPERATOR_COMMAND, said, "asked"),
        _act(member, later + timedelta(seconds=1), "change_due_at", f"the licenses go on {due.isoformat()}"),
        _act(member, later + timedelta(seconds=2), OPERATOR_COMMAND, said, "carried out"),
    ):
        await audit.append(tables, entry)
    await mails.upsert(tables, _mail(member, left + timedelta(seconds=6), due))


def _act(
    member: Member, at: datetime, act: str, detail: str = "", outcome: str = DONE, licenses: tuple[str, ...] = ()
) -> AuditEntry:
    is_operator = act in (OPERATOR_COMMAND, "change_due_at")
    return AuditEntry(
        at=at,
        act=act,
        outcome=outcome,
        instance=member.instance,
        event_uuid=member.event_uuid,
        dry_run=False,
        detail=detail,
        okta_user_id=member.okta_user_id,
        login=member.login,
        actor=operator_actor("iris.admin@contoso.com") if is_operator else "hr-import@contoso.com",
        licenses=licenses,
    )


def _mail(member: Member, at: datetime, due: datetime) -> LedgerEntry:
    text = (
        f"Dear Noor Haddad,\n\nthe Office 365 account of {member.display_name} was disabled, since the person left the"
        f" group {MANAGED_GROUP_NAME}.\nThe licenses will be removed on {due.day} {due:%B %Y}.\n"
    )
    subject = f"Office 365 Account for {member.display_name} disabled."
    return LedgerEntry(
        member.okta_user_id, "account_disabled", at, member.instance, NOOR_LOGIN, subject, text, MailState.SENT
    )


def _plain(name: str) -> str:
    """As logins are written."""
    letters = str.maketrans("ëéíóúöçáñ", "eeiouocan")
    return name.casefold().translate(letters).replace(" ", ".")
