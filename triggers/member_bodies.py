"""What the members' routes take and answer, in JSON. Texts from Okta are data here, never markup."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lifecycle import members
from lifecycle.accounts import Account
from lifecycle.audit import AuditEntry
from lifecycle.commands import awaited_commands
from lifecycle.licenses import MalformedSnapshot, from_json
from lifecycle.mail_ledger import LedgerEntry, MailState
from lifecycle.orders import Command
from lifecycle.stages import Phase
from triggers.answers import Malformed

# What was cut out of an Okta id before it became a row key; nothing else is looked up by key.
OKTA_USER_ID = r"^[A-Za-z0-9_.:-]{1,64}$"


PhaseOfPerson = Literal[
    Phase.CLAIMED,
    Phase.HELD,
    Phase.GRACE_PERIOD,
    Phase.UNLICENSED,
    Phase.ACTIVE,
    Phase.NEEDS_ATTENTION,
    Phase.NOT_CURRENT,
    Phase.SUPERSEDED,
]


Query = TypeVar("Query", bound=BaseModel)


class MalformedQuery(Malformed):
    """The query string is not what the route takes; the text says what is expected."""


def _read_instant(value: object) -> object:
    """By ourselves: pydantic takes numbers, and texts of digits, for the seconds since 1970."""
    if not isinstance(value, str):
        raise ValueError("an instant in ISO 8601, as text")
    return datetime.fromisoformat(value)


Name = Annotated[str, Field(min_length=1, max_length=255)]
Instant = Annotated[AwareDatetime, BeforeValidator(_read_instant)]


class MembersQuery(BaseModel):
    """?phase=&top=&continuation=, all optional"""

    phase: PhaseOfPerson | None = Field(None, description="only people in this phase")
    top: int = Field(100, ge=1, le=1000, description="how many at the most")
    continuation: str | None = Field(
        None, pattern=OKTA_USER_ID, description="as the page before gave it; people come in the order of their Okta ids"
    )


class NoArguments(BaseModel):
    """{}, or no body"""

    model_config = ConfigDict(extra="forbid")


class ExtendRequest(BaseModel):
    """{"until": "2027-01-31T17:00:00+01:00"}"""

    model_config = ConfigDict(extra="forbid")

    until: Instant = Field(
        description="when the licenses go instead: an instant with a time zone, in the future and within ten years"
    )


class ReleaseRequest(BaseModel):
    """{} for everybody who is held, or {"members": ["maya.lin@contoso.com"]}, by Okta id or login"""

    model_config = ConfigDict(extra="forbid")

    members: list[Name] | None = Field(
        None, min_length=1, max_length=5000, description="only these people; everybody who is held when left out"
    )


class LeftGroup(BaseModel):
    """A managed group that was left while another one remains."""

    group_id: str
    name: str
    due_at: datetime = Field(description="when the licenses that this group alone gives are removed")


class Person(BaseModel):
    """Where a person stands."""

    okta_user_id: str
    login: str
    display_name: str | None
    phase: Phase
    reason: str | None = Field(description="why the person needs attention, or how it ended")
    due_at: datetime | None = Field(description="when the licenses are removed")
    commands: list[Command] = Field(
        description="what the person's run awaits now; nothing while it has yet to take a command"
    )
    group_id: str | None
    group_name: str | None = Field(description="the group that was left or joined")
    left_groups: list[LeftGroup]
    entra_user_id: str | None
    user_principal_name: str | None
    manager_mail: str | None
    instance: str = Field(description="the run that owns the person; its durable status tells more")
    event_uuid: str
    published: datetime = Field(description="when the event happened that the run is for")
    updated_at: datetime | None
    path: str = Field(description="where to read more, below /api/")


class People(BaseModel):
    """One page."""

    members: list[Person]
    continuation: str | None = Field(description="asks for the next page; null after the last one")


class Act(BaseModel):
    """One row of the audit."""

    at: datetime
    act: str
    outcome: str
    detail: str | None
    actor: str | None = Field(description="who caused it: Okta's login, or `operator: <who>`")
    licenses: list[str] = Field(description="those that were given or taken, by name")
    instance: str
    event_uuid: str
    request_id: str | None = Field(description="Microsoft's id of the request, where it failed")
    dry_run: bool


class SentMail(BaseModel):
    """One row of the mail ledger."""

    at: datetime
    subject: str
    state: MailState
    may_be_twice: bool = Field(description="what became of an earlier attempt is not known, so it may have come twice")
    error: str | None = Field(description="why it waits, or could not be sent")


class PersonWithHistory(Person):
    """Where a person stands, and what was done: newest first."""

    snapshot_sku_ids: list[str] | None = Field(description="what is stored to be given back; null: unreadable")
    audit: list[Act]
    mails: list[SentMail]


class Accepted(BaseModel):
    """The command is accepted; what becomes of it is seen in the audit and in the person's phase."""

    instance: str
    command: str


class ReleasedPerson(BaseModel):
    """Somebody whose run was told to go on."""

    okta_user_id: str
    login: str
    instance: str


class NotReleased(BaseModel):
    """Somebody who was held a moment ago, and why the run was not told."""

    okta_user_id: str
    login: str
    reason: str


class Released(BaseModel):
    """The commands that were accepted, in the order in which people were held."""

    released: list[ReleasedPerson]
    not_released: list[NotReleased]
    still_held: int = Field(description="for how many there was no time left; ask again")


def parse_query(model: type[Query], params: Mapping[str, str]) -> Query:
    """Names without a value count as left out. Raises MalformedQuery."""
    names = [field.alias or name for name, field in model.model_fields.items()]
    try:
        return model.model_validate({name: params[name] for name in names if params.get(name)})
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    faults = [f"{each['loc'][0]}: {each['msg']}" for each in found]
    raise MalformedQuery(f"expected {model.__doc__}; {'; '.join(faults)}")


def person_of(member: members.Member, account: Account | None) -> Person:
    """`account`: what is known of the account, if it is this person's still."""
    return Person(
        okta_user_id=member.okta_user_id,
        login=member.login,
        display_name=member.display_name,
        phase=member.phase,
        reason=member.reason,
        due_at=account.due_at if account else None,
        commands=sorted(awaited_commands(member)),
        group_id=member.group_id,
        group_name=member.group_name,
        left_groups=[_left_group(left) for left in member.left_groups],
        entra_user_id=member.entra_user_id,
        user_principal_name=member.user_principal_name,
        manager_mail=member.manager_mail,
        instance=member.instance,
        event_uuid=member.event_uuid,
        published=member.published,
        updated_at=member.updated_at,
        path=f"members/{member.okta_user_id}",
    )


def person_with_history(
    member: members.Member, account: Account | None, audit: Iterable[AuditEntry], mails: Iterable[LedgerEntry]
) -> PersonWithHistory:
    return PersonWithHistory(
        **dict(person_of(member, account)),
        snapshot_sku_ids=_snapshot_sku_ids(account),
        audit=[_act(entry) for entry in audit],
        mails=[_sent_mail(entry) for entry in mails],
    )


def _left_group(left: members.LeftGroup) -> LeftGroup:
    return LeftGroup(group_id=left.group_id, name=left.name, due_at=left.due_at)


def _act(entry: AuditEntry) -> Act:
    return Act(
        at=entry.at,
        act=entry.act,
        outcome=entry.outcome,
        detail=entry.detail,
        actor=entry.actor,
        licenses=list(entry.licenses),
        instance=entry.instance,
        event_uuid=entry.event_uuid,
        request_id=entry.request_id,
        dry_run=entry.dry_run,
    )


def _sent_mail(entry: LedgerEntry) -> SentMail:
    return SentMail(
        at=entry.at,
        subject=entry.subject,
        state=entry.state,
        may_be_twice=entry.may_be_twice,
        error=entry.error,
    )


def _snapshot_sku_ids(account: Account | None) -> list[str] | None:
    try:
        return [entry.license.sku_id for entry in from_json(account.snapshot if account else None)]
    except MalformedSnapshot:
        return None
