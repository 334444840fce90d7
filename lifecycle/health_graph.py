"""What the health checks make of Microsoft Graph's answers: the permissions, one by one."""

from collections.abc import Mapping
from dataclasses import dataclass

from lifecycle.health import Check, failed, ok, warning

WIDE = ("User.ReadWrite.All", "Directory.ReadWrite.All")


@dataclass(frozen=True, slots=True)
class Permission:
    """An application permission, what it is for, and wider ones that do as well."""

    name: str
    purpose: str
    wider: tuple[str, ...] = ()


# https://learn.microsoft.com/graph/permissions-reference; docs/setup-microsoft.md has them for people.
READ_USERS = Permission("User.Read.All", "find accounts and read their licenses", (*WIDE, "Directory.Read.All"))
READ_SKUS = Permission(
    "LicenseAssignment.Read.All",
    "list the subscribed SKUs",
    (
        "LicenseAssignment.ReadWrite.All",
        "Organization.Read.All",
        "Organization.ReadWrite.All",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
    ),
)
PERMISSIONS = (
    READ_USERS,
    Permission("User.EnableDisableAccount.All", "disable and enable accounts", WIDE),
    Permission("User.RevokeSessions.All", "end sign-in sessions", WIDE),
    Permission("LicenseAssignment.ReadWrite.All", "remove and assign licenses", WIDE),
    READ_SKUS,
)


def judge_permissions(
    roles: frozenset[str] | None, refusals: Mapping[Permission, str], *, is_person: bool, is_stand_in: bool
) -> tuple[Check, ...]:
    """Each permission by what the token shows (`roles`, if it shows any) and by what a reading was refused with."""
    return tuple(
        _judge(each, roles, refusals.get(each), is_person=is_person, is_stand_in=is_stand_in) for each in PERMISSIONS
    )


def _judge(
    permission: Permission, roles: frozenset[str] | None, refusal: str | None, *, is_person: bool, is_stand_in: bool
) -> Check:
    name = f"Graph permission {permission.name}"
    grant = (
        f"Grant the app {permission.name} (application permission, to {permission.purpose}) with admin consent, and"
        " restart it: a token keeps the permissions it was made with. docs/setup-microsoft.md, section 2."
    )
    if refusal is not None:
        return failed(name, refusal, grant)
    if roles is not None:
        granted = sorted({permission.name, *permission.wider} & roles)
        return ok(name, f"granted ({', '.join(granted)})") if granted else failed(name, "not granted", grant)
    if permission in (READ_USERS, READ_SKUS):
        return ok(name, "a reading that needs it was answered")
    if is_stand_in:
        return ok(name, "the stand-in's token does not show its permissions")
    whose = "belongs to whoever is signed in, not to the app" if is_person else "does not show its permissions"
    return warning(name, f"cannot be seen: the token {whose}", "See GET health/details of the app in Azure.")
