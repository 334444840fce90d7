"""What a single setting may look like: a function for each kind, which returns the value or raises ValueError.

The text of the error ends a sentence that begins with "expected".
"""

import ipaddress
import json
import re
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr

from lifecycle import delays

AZURE_STORAGE = "AzureWebJobsStorage"
SHORTEST_SECRET = 16
SHORTEST_SESSION_SECRET = 32


def loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def base_url(text: str) -> str:
    """An https address without query, user or trailing slash; http only on this machine."""
    if not _is_base_url(text):
        raise ValueError("an https address (http only for this machine) without query or user name")
    return text.rstrip("/")


def _is_base_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        host, _ = url.hostname or "", url.port
    except ValueError:  # half an IPv6 address, or a port that is no number
        return False
    secure = url.scheme == "https" or (url.scheme == "http" and loopback(host))
    return secure and bool(host) and not re.search(r"[\s?#@]", text)


def okta_org_url(text: str) -> str:
    """https://developer.okta.com/docs/guides/find-your-domain/"""
    url = urlsplit(base_url(text))
    if url.path:
        raise ValueError("the address of the org alone, such as https://acme.okta.com, without a path")
    if (url.hostname or "").partition(".")[0].endswith("-admin"):
        raise ValueError("the address of the org, not of its Admin Console: leave out -admin")
    return url.geturl()


def _json_list(text: str) -> list[str]:
    """Raise ValueError unless this is a JSON list of names, none of them blank."""
    names = json.loads(text)
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError("not a list of names")
    return names


def groups(text: object) -> object:
    """One bare value is one group, since a group's name may contain a comma."""
    if not isinstance(text, str):
        return text
    if not text.startswith("["):
        return (text,)
    try:
        return tuple(dict.fromkeys(_json_list(text)))
    except ValueError as error:
        raise ValueError('the name or id of a group, or a JSON list such as ["Office 365 Assignments"]') from error


def logins(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        names = _json_list(text) if text.startswith("[") else text.split(",")
    except ValueError as error:
        raise ValueError("logins, separated by commas or as a JSON list") from error
    return frozenset(name.strip().casefold() for name in names if name.strip())


def is_true(text: object) -> bool:
    """Of a setting that is not ours: whatever else it says counts as false."""
    return str(text).lower() in ("true", "1")


def group_delays(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return tuple((group, delays.parse_delay_object(raw)) for group, raw in json.loads(text).items())
    except (ValueError, AttributeError) as error:
        example = '{"Office 365 Assignments": {"integer": 1, "interval_type": "week"}} or {"...": "1 week"}'
        raise ValueError(f"a JSON object with a delay of at most 10 years per group, such as {example}") from error


def hook_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text) < SHORTEST_SECRET or not text.isascii() or not text.isprintable():
        raise ValueError(f"at least {SHORTEST_SECRET} printable ASCII characters")
    return secret


def session_secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if len(text) < SHORTEST_SESSION_SECRET or not text.isascii() or not text.isprintable():
        raise ValueError(f"at least {SHORTEST_SESSION_SECRET} printable ASCII characters, or nothing for no pages")
    return secret


def private_key(secret: SecretStr) -> SecretStr:
    """App settings are one line, so a PEM key may come with its line breaks written as backslash and n."""
    text = secret.get_secret_value().replace("\\n", "\n")
    if not text.startswith(("-----BEGIN", "{")):
        raise ValueError("an RSA private key, in PEM or as a JSON Web Key")
    return SecretStr(text)


def tables_connection(secret: SecretStr) -> SecretStr:
    if "=" not in secret.get_secret_value():
        raise ValueError(
            "a storage connection string (Key=Value;Key=Value), from TABLES_CONNECTION or " + AZURE_STORAGE
        )
    return secret


def time_zone(name: str) -> str:
    """https://en.wikipedia.org/wiki/List_of_tz_database_time_zones"""
    try:
        return str(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("the name of a time zone, such as Europe/Amsterdam or UTC") from error


def folder(path: str) -> str:
    if not Path(path).is_dir():
        raise ValueError("a folder that exists")
    return str(Path(path).resolve())
