"""Who is told about a person: the first manager who can read a mail. Okta and the tenant are only read."""

from dataclasses import dataclass

import azure.durable_functions as df

import wiring
from activities.activity import Call, activity
from activities.fence import change_member, owned_member
from clients.errors import Rejected
from clients.records import EntraUser, OktaUser
from lifecycle.entitlement import DEPROVISIONED

bp = df.Blueprint()

LEVELS = 2  # the manager, and the manager's manager: each level costs calls, and knows less of the person


@dataclass(frozen=True, slots=True)
class Manager:
    name: str | None
    mail: str


@activity(bp)
async def find_manager(call: Call) -> None:
    """Find who is to be told, and what the person is called, and remember both.

    Okta's manager, then Entra's, then theirs. One who is deactivated in Okta or disabled in Entra is passed by; nobody
    is remembered when nobody is left.
    """
    member = await owned_member(call)
    user = await (await wiring.okta()).read_user(call.okta_user_id)
    manager = await first_who_can_read(user, member.entra_user_id)
    name, mail = (manager.name, manager.mail) if manager else (None, None)
    called = user.full_name if user else member.display_name or await _called_in_entra(member.entra_user_id)
    if (name, mail, called) != (member.manager_name, member.manager_mail, member.display_name):
        await change_member(call, manager_name=name, manager_mail=mail, display_name=called)


async def first_who_can_read(user: OktaUser | None, entra_user_id: str | None) -> Manager | None:
    """Level by level, Okta's word before Entra's."""
    passed_by = {user.id if user else None, entra_user_id}  # nobody is told about themselves
    for _ in range(LEVELS):
        user = await _manager_in_okta(user)
        account = await _account_of(user) if user else None
        if user and user.id not in passed_by and _is_living(user) and _is_enabled(account) and user.email:
            return Manager(user.full_name, user.email)
        passed_by |= {user.id if user else None, account.id if account else None}
        named = await _manager_in_entra(entra_user_id)
        if named and named.mail and named.id not in passed_by and await _can_read(named):
            return Manager(named.display_name, named.mail)
        following = named or account
        entra_user_id = following.id if following else None
        passed_by.add(entra_user_id)
    return None


async def _manager_in_okta(user: OktaUser | None) -> OktaUser | None:
    """`manager`, then `managerId`, each a login or an id; the first who lives, else the first there is."""
    okta = await wiring.okta()
    found = None
    for id_or_login in dict.fromkeys((user.manager, user.manager_id)) if user else ():
        manager = await okta.read_user(id_or_login) if id_or_login else None
        if manager and _is_living(manager):
            return manager
        found = found or manager
    return found


async def _manager_in_entra(entra_user_id: str | None) -> EntraUser | None:
    return await (await wiring.graph()).read_manager(entra_user_id) if entra_user_id else None


async def _account_of(user: OktaUser) -> EntraUser | None:
    """The account of a living manager, by login, then by mail address; None when the tenant has none."""
    if not _is_living(user):
        return None
    graph = await wiring.graph()
    account = await graph.read_user(user.login)
    if account is None and user.email:
        try:
            return await graph.find_user_by_mail(user.email)
        except Rejected:  # several accounts have the address, and which one is the manager's is not known
            return None
    return account


def _is_living(user: OktaUser) -> bool:
    return user.status != DEPROVISIONED


def _is_enabled(account: EntraUser | None) -> bool:
    """A manager without an account in this tenant has a mailbox elsewhere."""
    return account is None or account.account_enabled


async def _can_read(named: EntraUser) -> bool:
    if not named.account_enabled:
        return False
    user = await (await wiring.okta()).read_user(named.user_principal_name)
    return user is None or _is_living(user)


async def _called_in_entra(entra_user_id: str | None) -> str | None:
    entra_user = await (await wiring.graph()).read_user(entra_user_id) if entra_user_id else None
    return entra_user.display_name if entra_user else None
