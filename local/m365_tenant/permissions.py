"""What the caller's token lets it do. A token that shows its roles, as Microsoft's do, is held to them; any other one
may do everything.

https://learn.microsoft.com/graph/permissions-reference
"""

import re

import jwt
from aiohttp import web

from local.m365_tenant import errors

_USERS_WIDE = ("User.ReadWrite.All", "Directory.ReadWrite.All")
# Method, pattern of the path below the version, and the permissions of which one is enough.
_NEEDED: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "GET",
        r"/subscribedSkus$",
        (
            "LicenseAssignment.Read.All",
            "LicenseAssignment.ReadWrite.All",
            "Organization.Read.All",
            "Directory.Read.All",
        ),
    ),
    ("GET", r"/users", ("User.Read.All", "Directory.Read.All", *_USERS_WIDE)),
    ("POST", r"assignLicense$", ("LicenseAssignment.ReadWrite.All", *_USERS_WIDE)),
    ("POST", r"revokeSignInSessions$", ("User.RevokeSessions.All", *_USERS_WIDE)),
    ("POST", r"sendMail$", ("Mail.Send",)),
    ("PATCH", r"/users", ("User.EnableDisableAccount.All", *_USERS_WIDE)),
)


def roles_of(token: str) -> frozenset[str] | None:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    return frozenset(claims.get("roles", ()))


def check_permission(request: web.Request, token: str) -> None:
    """Raise Graph's 403, or Exchange's for a mail, when the token's roles are not enough for the request."""
    roles = roles_of(token)
    if roles is None:
        return
    for method, pattern, enough in _NEEDED:
        if request.method == method and re.search(pattern, request.path):
            if not roles.intersection(enough):
                raise errors.mail_denied() if "Mail.Send" in enough else errors.denied()
            return
