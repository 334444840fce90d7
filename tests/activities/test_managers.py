"""Who is told about a person: the first manager who lives in Okta and has an account in use; found in few calls."""

from dataclasses import replace

import pytest

from activities.managers import find_manager
from clients.errors import Rejected
from clients.records import EntraUser, OktaUser
from tests.activities.person_world import ENTRA_ID, LOGIN, MAYA, MEMBER, OKTA_ID, PersonWorld, perform

NOOR = OktaUser("00u5noor", "ACTIVE", "noor@contoso.com", email="noor.mail@contoso.com", first_name="Noor")
BOSS = OktaUser("00u6boss", "ACTIVE", "boss@contoso.com", email="boss@contoso.com", display_name="The Boss")
OPS = OktaUser("00u7ops", "ACTIVE", "top@contoso.com", email="top@contoso.com")


def account(user: OktaUser, *, enabled: bool = True) -> EntraUser:
    return EntraUser(f"entra-{user.id}", user.login, user.full_name, user.email, account_enabled=enabled)


NOORS, BOSSES = account(NOOR), account(BOSS)


@pytest.fixture(autouse=True)
async def nobody_is_known_yet(person: PersonWorld) -> None:
    await person.remember(MEMBER)


def in_okta(person: PersonWorld, *chain: OktaUser) -> None:
    """Each the manager of the one before; the first is the person's."""
    user = person.okta.users[OKTA_ID]
    for manager in chain:
        person.okta.users[user.id] = replace(user, manager=manager.login)
        user = person.okta.users[manager.id] = manager


def in_entra(person: PersonWorld, *chain: EntraUser) -> None:
    former = ENTRA_ID
    for manager in chain:
        person.graph.managers[former] = manager
        former = manager.id


def with_accounts(person: PersonWorld, *accounts: EntraUser) -> None:
    person.graph.users |= {each.id: each for each in accounts}


async def told(person: PersonWorld) -> str | None:
    await perform(find_manager)
    return (await person.member()).manager_mail


async def test_oktas_manager_with_an_account_in_use_is_told(person: PersonWorld) -> None:
    in_okta(person, NOOR)
    with_accounts(person, NOORS)

    assert await told(person) == NOOR.email
    assert (await person.member()).manager_name == "Noor"


async def test_manager_is_found_by_login_or_id(person: PersonWorld) -> None:
    person.okta.users[NOOR.id] = NOOR
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], manager="Haddad, Noor", manager_id=NOOR.id)

    assert await told(person) == NOOR.email


async def test_living_one_of_two_that_okta_names_is_told(person: PersonWorld) -> None:
    person.okta.users |= {NOOR.id: replace(NOOR, status="DEPROVISIONED"), BOSS.id: BOSS}
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], manager=NOOR.login, manager_id=BOSS.id)

    assert await told(person) == BOSS.email


async def test_manager_without_an_account_in_this_tenant_is_told(person: PersonWorld) -> None:
    in_okta(person, NOOR)

    assert await told(person) == NOOR.email


async def test_manager_whom_okta_does_not_know_is_looked_for_in_entra(person: PersonWorld) -> None:
    person.okta.users[OKTA_ID] = replace(person.okta.users[OKTA_ID], manager="Haddad, Noor", manager_id="4711")
    in_entra(person, BOSSES)

    assert await told(person) == BOSS.email


@pytest.mark.parametrize("status", ["DEPROVISIONED"])
async def test_manager_who_is_deactivated_in_okta_is_passed_by_for_entras(person: PersonWorld, status: str) -> None:
    in_okta(person, replace(NOOR, status=status))
    in_entra(person, BOSSES)

    assert await told(person) == BOSS.email


@pytest.mark.parametrize("found_by", ["login", "mail"])
async def test_manager_whose_account_is_disabled_is_passed_by_for_entras(person: PersonWorld, found_by: str) -> None:
    disabled = account(NOOR, enabled=False)
    in_okta(person, NOOR)
    with_accounts(person, disabled if found_by == "login" else replace(disabled, user_principal_name="n.h@contoso.com"))
    in_entra(person, BOSSES)

    assert await told(person) == BOSS.email


async def test_entras_manager_who_is_disabled_or_deactivated_in_okta_is_passed_by(person: PersonWorld) -> None:
    in_entra(person, account(BOSS, enabled=False))
    assert await told(person) is None

    in_entra(person, BOSSES)
    person.okta.users[BOSS.id] = replace(BOSS, status="DEPROVISIONED")
    assert await told(person) is None


async def test_managers_manager_is_told_when_the_manager_has_left(person: PersonWorld) -> None:
    in_okta(person, replace(NOOR, status="DEPROVISIONED"), BOSS)

    assert await told(person) == BOSS.email


async def test_entras_managers_manager_is_told_when_the_manager_has_left(person: PersonWorld) -> None:
    in_entra(person, account(NOOR, enabled=False), BOSSES)

    assert await told(person) == BOSS.email


async def test_manager_known_to_okta_alone_leads_to_the_manager_that_entra_names(person: PersonWorld) -> None:
    disabled = account(NOOR, enabled=False)
    in_okta(person, NOOR)
    with_accounts(person, disabled)
    person.graph.managers[disabled.id] = BOSSES

    assert await told(person) == BOSS.email


async def test_nobody_beyond_the_managers_manager_is_told(person: PersonWorld) -> None:
    in_okta(person, replace(NOOR, status="DEPROVISIONED"), replace(BOSS, status="DEPROVISIONED"), OPS)
    in_entra(person, account(NOOR, enabled=False), account(BOSS, enabled=False), account(OPS))

    assert await told(person) is None


async def test_nobody_is_told_about_themselves(person: PersonWorld) -> None:
    own = person.okta.users[OKTA_ID]
    person.okta.users[OKTA_ID] = replace(own, manager=own.login, email=LOGIN)
    in_entra(person, MAYA)

    assert await told(person) is None


async def test_two_who_manage_each_other_lead_nowhere(person: PersonWorld) -> None:
    own = person.okta.users[OKTA_ID]
    in_okta(person, replace(NOOR, status="DEPROVISIONED", manager=own.login))

    assert await told(person) is None


async def test_manager_who_left_since_is_forgotten(person: PersonWorld) -> None:
    in_okta(person, NOOR)
    assert await told(person) == NOOR.email

    in_okta(person, replace(NOOR, status="DEPROVISIONED"))
    assert await told(person) is None


async def test_manager_whose_address_is_that_of_several_accounts_is_not_known_to_be_disabled(
    person: PersonWorld,
) -> None:
    in_okta(person, NOOR)
    person.graph.fail["find_user_by_mail"] = [Rejected("graph", "find the user", status=200, code="ambiguous_mail")]

    assert await told(person) == NOOR.email


async def test_ordinary_search_costs_one_look_into_the_tenant(person: PersonWorld) -> None:
    in_okta(person, NOOR)
    with_accounts(person, NOORS)

    await told(person)

    assert person.graph.asked == [f"read {NOOR.login}"]
    assert len(person.okta.asked) == 2


async def test_longest_search_is_bounded(person: PersonWorld) -> None:
    left = [replace(each, status="DEPROVISIONED") for each in (NOOR, BOSS, OPS)]
    in_okta(person, *left)
    for user in person.okta.users.values():
        person.okta.users[user.id] = replace(user, manager_id="unknown")
    in_entra(person, *(account(each) for each in (NOOR, BOSS, OPS)))

    await told(person)

    assert len(person.okta.asked) <= 7
    assert len(person.graph.asked) <= 10


async def test_person_is_called_as_okta_says_and_once_gone_from_there_as_before(person: PersonWorld) -> None:
    await perform(find_manager)
    assert (await person.member()).display_name == "Maya Lin"

    person.okta.users.clear()
    await perform(find_manager)
    assert (await person.member()).display_name == "Maya Lin"


async def test_person_whom_okta_never_named_is_called_as_the_tenant_says(person: PersonWorld) -> None:
    person.okta.users.clear()
    person.graph.users[ENTRA_ID] = replace(MAYA, display_name="Maya of the tenant")

    await perform(find_manager)

    assert (await person.member()).display_name == "Maya of the tenant"
