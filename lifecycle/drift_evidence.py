"""What a drift check reads, counts and finds: the records, and how accounts are found for people."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lifecycle.accounts import Account
from lifecycle.events import Flow
from lifecycle.licenses import AssignedLicense
from lifecycle.members import Member
from lifecycle.names import folded, is_same_name


class Kind(StrEnum):
    """What is wrong, the gravest first."""

    NOT_ENTITLED_BUT_ENABLED = "not_entitled_but_enabled"
    ENTITLED_BUT_DISABLED = "entitled_but_disabled"
    DISABLED_BY_OTHERS = "disabled_by_others"
    LICENSES_OWED = "licenses_owed"
    PAST_DUE = "past_due"
    NO_PROGRESS = "no_progress"
    NO_LIVING_INSTANCE = "no_living_instance"
    LEFT_UNSEEN = "left_unseen"


# What somebody else disabled stays disabled, unless an operator names this finding.
MENDED_BY_DEFAULT = frozenset(Kind) - {Kind.DISABLED_BY_OTHERS}


@dataclass(frozen=True, slots=True)
class Entitled:
    """A person who is entitled, and the names and ids of the managed groups the person is in."""

    okta_user_id: str
    login: str
    email: str | None
    groups: tuple[str, ...]
    group_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of a managed group who is entitled, as read from Okta."""

    id: str
    login: str
    email: str | None


@dataclass(frozen=True, slots=True)
class ReadGroup:
    """A managed group whose members were read: in how many rows they are stored, how many there are, how many of them
    are entitled."""

    id: str
    name: str
    parts: int
    members: int
    entitled: int


@dataclass(frozen=True, slots=True)
class DriftCounts:
    """What a check counted: people entitled, people with a row, entitled people without an account, findings in all
    and by kind."""

    entitled: int = 0
    known: int = 0
    without_account: int = 0
    findings: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """Somebody who was in a managed group at a nightly check, and the ids of the groups."""

    okta_user_id: str
    login: str
    group_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TenantAccount:
    """A Microsoft 365 account as the tenant lists it."""

    id: str
    user_principal_name: str
    mail: str | None
    enabled: bool
    licenses: tuple[AssignedLicense, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One person about whom there is drift. `flow` mends it, None when nothing may; `not_started` says why not."""

    kind: Kind
    okta_user_id: str
    login: str
    words: str
    flow: Flow | None
    group_id: str | None = None
    group_name: str | None = None
    entra_user_id: str | None = None
    started: str | None = None
    not_started: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read of one person; `is_living` tells of the run that owns the person."""

    entitled: Entitled | None
    member: Member | None
    account: TenantAccount | None
    is_living: bool = False
    known: Account | None = None  # what the app knows of the account
    on_roster: RosterEntry | None = None
    is_of_another: bool = False  # somebody else, who is entitled, has the account

    @property
    def person(self) -> Entitled | Member | RosterEntry:
        found = self.entitled or self.member or self.on_roster
        if found is None:
            raise ValueError("evidence is about somebody")
        return found

    @property
    def is_by_login(self) -> bool:
        """Whether the person's login is the account's name."""
        name = self.account.user_principal_name if self.account else ""
        return is_same_name(self.person.login, name)

    @property
    def own(self) -> Account | None:
        """What the app knows of the account, if it is this person's still."""
        return self.known if self.known and self.known.owner == self.person.okta_user_id else None

    @property
    def due_at(self) -> datetime | None:
        return self.own.due_at if self.own else None


@dataclass(frozen=True, slots=True)
class Check:
    """What one check judges by: when it began, whether the app writes at all, what people call a SKU."""

    began_at: datetime
    dry_run: bool
    sku_name: Callable[[str], str]


class Accounts:
    """The accounts of the people in question, found as the flows find them."""

    def __init__(
        self, people: Iterable[Entitled], members: Iterable[Member], on_roster: Iterable[RosterEntry] = ()
    ) -> None:
        names = [name for person in people for name in (person.email, person.login)]
        names += [name for member in members for name in (member.entra_user_id, member.login)]
        names += [entry.login for entry in on_roster]
        self._wanted = {folded(name) for name in names if name}
        self._by_name: dict[str, TenantAccount] = {}
        self._by_mail: dict[str, TenantAccount | None] = {}

    def add(self, account: TenantAccount) -> None:
        """Keep the account if it may be somebody's. An address that two accounts have is nobody's."""
        names = {folded(name) for name in (account.id, account.user_principal_name)}
        mail = folded(account.mail) if account.mail else None
        if self._wanted & names:
            self._by_name |= dict.fromkeys(names, account)
        if mail in self._wanted:
            self._by_mail[mail] = None if mail in self._by_mail else account

    def find(
        self, entitled: Entitled | None, member: Member | None, on_roster: RosterEntry | None = None
    ) -> TenantAccount | None:
        """By the login as user principal name, then by the id known from before, then by the mail address."""
        known_id = member.entra_user_id if member else None
        login = next((each.login for each in (entitled, member, on_roster) if each), None)
        email = entitled.email if entitled else login
        for name in (login, known_id, email):
            if name and (account := self._by_name.get(folded(name))):
                return account
        is_gone = known_id is not None and entitled is None  # and its address may be somebody else's by now
        return self._by_mail.get(folded(email)) if email and not is_gone else None
