"""Who is meant by the Okta id or the login in a path."""

import re
from dataclasses import dataclass
from http import HTTPStatus

import wiring
from clients.errors import ClientError
from lifecycle.members import Member
from rows import members
from triggers.answers import Refused
from triggers.member_bodies import OKTA_USER_ID

LONGEST_NAME = 255  # Okta's logins have 100 characters at the most
# What Okta answers to a name that cannot be anybody's.
NO_NAME = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_URI_TOO_LONG})


@dataclass(frozen=True, slots=True)
class Identity:
    """Of an Okta user."""

    okta_user_id: str
    login: str


async def known_member(user: str) -> Member:
    """The row of a person. Raises Refused when there is none, or more than one."""
    if member := await find_member(user):
        return member
    raise unknown(user)


async def find_member(user: str) -> Member | None:
    """By Okta id or login. Raises Refused when a login was that of several people, one after the other."""
    if not is_name(user):
        return None
    tables = await wiring.tables()
    if re.match(OKTA_USER_ID, user) and (stored := await members.find(tables, user)):
        return stored.record
    found = await members.find_by_login(tables, user)
    if len(found) > 1:
        raise ambiguous(*(member.okta_user_id for member in found))
    return found[0] if found else None


async def find_person(user: str) -> tuple[Identity, Member | None]:
    """Somebody whom Okta knows, or who has a row; and the row.

    A login may have gone to somebody else since the row was written, so Okta is asked whose it is.
    """
    known = await find_member(user)
    found = None if known and known.okta_user_id == user else await find_in_okta(user)
    if found is None:
        if known is None:
            raise unknown(user)
        return Identity(known.okta_user_id, known.login), known
    if known and known.okta_user_id != found.okta_user_id:
        raise ambiguous(known.okta_user_id, found.okta_user_id)
    return found, known or await find_member(found.okta_user_id)


async def find_in_okta(user: str) -> Identity | None:
    """The user as Okta has it now; None when there is none, or can be none."""
    if not is_name(user):
        return None
    okta = await wiring.okta()
    try:
        found = await okta.read_user(user)
    except ClientError as error:
        if error.status in NO_NAME:
            return None
        raise
    return Identity(found.id, found.login) if found else None


def is_name(user: str) -> bool:
    """Whether this may be asked for at all: control characters and half characters are in nobody's name."""
    return 0 < len(user) <= LONGEST_NAME and user.isprintable()


def unknown(user: str) -> Refused:
    return Refused(HTTPStatus.NOT_FOUND, f"there is nobody with the Okta id or login {user[:100]!r}")


def ambiguous(*okta_user_ids: str) -> Refused:
    several = ", ".join(okta_user_ids)
    return Refused(HTTPStatus.CONFLICT, f"several people have had this login; name one by Okta id: {several}")
