"""Okta through its SDK: only reads, one function per need, our records out, our errors raised.

The SDK's models refuse what they do not know (the user status ACTIVATING, for one), so answers are read from the JSON
as it came. Nothing sleeps in here: whoever calls retries, and finds `retry_after` on the error.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from jwcrypto.common import JWException  # type: ignore[import-untyped]
from okta.api.group_api import GroupApi
from okta.api.system_log_api import SystemLogApi
from okta.api.user_api import UserApi
from okta.api.user_resources_api import UserResourcesApi
from okta.cache.no_op_cache import NoOpCache
from okta.config.config_validator import ConfigValidator
from okta.jwt import JWT
from okta.request_executor import RequestExecutor

from clients.addresses import checked_base_url
from clients.errors import NotFound, NotPermitted, Rejected, Unavailable
from clients.okta_http import OktaHttpClient
from clients.okta_records import parse_event_hook, parse_group, parse_user, unexpected
from clients.records import LogPage, OktaEventHook, OktaGroup, OktaUser

SCOPES = ("okta.users.read", "okta.groups.read", "okta.logs.read")
MEMBERS_PER_PAGE = 200  # the most that Okta recommends for members of a group
_GROUP_ID = re.compile(r"00g[A-Za-z0-9]{10,}")
# As last part of the path these mean something else: the list of all users, another path, the token's own user.
_NO_LOGINS = frozenset({"", ".", "..", "me"})


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer as it came, with the link to the next one, and what Okta's clock showed."""

    data: Any
    next: str | None
    date: str | None


class _Api(UserApi, UserResourcesApi, GroupApi, SystemLogApi):
    """The four parts of the SDK we need: importing all 118 takes seconds."""

    def __init__(self, config: dict[str, Any], executor: Any) -> None:
        super().__init__(configuration=config)
        self._request_executor = executor

    def response_deserialize(self, response_data: Any, response_types_map: Any = None) -> _Page:  # type: ignore[override]
        """Stand in for the SDK's models, which raise at a word they do not know."""
        return _page(response_data.response, response_data.data)


class Okta:
    """With an API token, or as an OAuth service app with a private key (PEM or JWK)."""

    def __init__(
        self,
        org_url: str,
        *,
        token: str | None = None,
        client_id: str | None = None,
        private_key: str | None = None,
        http_client: type[OktaHttpClient] = OktaHttpClient,
        timeout: float = 10.0,
    ) -> None:
        self._org_url = checked_base_url("OKTA_ORG_URL", org_url)
        self._enter(_config(self._org_url, token, client_id, private_key, timeout), http_client)

    def _enter(self, config: dict[str, Any], http_client: type[OktaHttpClient]) -> None:
        self._config, self._http_client = config, http_client
        self._executor: Any = RequestExecutor(config, NoOpCache(), http_client)  # type: ignore[no-untyped-call]
        self._api = _Api(config, self._executor)
        self._narrower: dict[str, Okta] = {}

    async def close(self) -> None:
        for narrower in self._narrower.values():
            await narrower.close()
        await self._executor._http_client.close_session()

    def limited_to(self, scope: str) -> "Okta":
        """The same way in, with a token for this one scope: Okta gives none at all when one of several is missing.

        An API token has no scopes, so it stays what it is.
        """
        if scope not in self._narrower:
            narrower = copy(self)
            narrower._enter(
                {**self._config, "client": {**self._config["client"], "scopes": [scope]}}, self._http_client
            )
            self._narrower[scope] = narrower
        return self._narrower[scope]

    async def ask_for_one(self, of: str) -> datetime | None:
        """Ask for one user, group or log entry ("users", "groups", "logs"); returns what Okta's clock shows."""
        page = await self._ask(self._get(f"{self._org_url}/api/v1/{of}?limit=1"))
        return parsedate_to_datetime(page.date) if page.date else None

    async def read_user(self, id_or_login: str) -> OktaUser | None:
        """None when Okta says that there is no such user."""
        if id_or_login.strip().lower() in _NO_LOGINS:
            return None
        if "/" in id_or_login:  # cannot stand in a path: https://developer.okta.com/docs/api/openapi/okta-management/
            return await self._find_user_by_login(id_or_login)
        try:
            page = await self._ask(self._api.get_user(id_or_login))
        except NotFound:
            return None
        return parse_user(page.data)

    async def _find_user_by_login(self, login: str) -> OktaUser | None:
        page = await self._ask(self._api.list_users(filter=f"profile.login eq {_quoted(login)}", limit=1))
        found = [parse_user(user) for user in _items(page)]
        if any(user.login.casefold() != login.casefold() for user in found):
            raise unexpected(f"the user with the login {login} alone")  # so it may have left that one out, too
        return found[0] if found else None

    async def find_users_by_email(self, email: str) -> list[OktaUser]:
        """Everybody with this mail address in the profile, deactivated users too.

        By `filter`, which is as fresh as a reading by id; what an org answers beyond what was asked is left out.
        """
        first = await self._ask(self._api.list_users(filter=f"profile.email eq {_quoted(email)}"))
        found = [parse_user(item) async for item in self._all_items(first)]
        return [user for user in found if user.email and user.email.casefold() == email.casefold()]

    async def list_user_groups(self, okta_user_id: str) -> list[OktaGroup]:
        """Every group of the user, or an error; never a part of them."""
        first = await self._ask(self._api.list_user_groups(okta_user_id))
        return [parse_group(item) async for item in self._all_items(first)]

    async def find_group(self, name_or_id: str) -> OktaGroup | None:
        """By id if it looks like one, else by its exact name. Raises Rejected when several groups have that name."""
        if _GROUP_ID.fullmatch(name_or_id):
            try:
                return parse_group((await self._ask(self._api.get_group(name_or_id))).data)
            except NotFound:
                pass  # a name may look like an id
        first = await self._ask(self._api.list_groups(search=f"profile.name eq {_quoted(name_or_id)}"))
        found = [group async for item in self._all_items(first) if (group := parse_group(item)).name == name_or_id]
        if len(found) > 1:
            detail = f"{len(found)} groups have this name: {', '.join(group.id for group in found)}"
            asked, advice = f"find the group {name_or_id!r}", "Name the group by its id instead."
            raise Rejected("okta", asked, status=200, code="ambiguous_group", detail=detail, advice=advice)
        return found[0] if found else None

    async def list_groups(self, at_most: int) -> list[OktaGroup]:
        """The first so many groups of the org."""
        first = await self._ask(self._api.list_groups(limit=at_most))
        return [parse_group(item) for item in _items(first)]

    async def list_event_hooks(self) -> list[OktaEventHook]:
        """Needs the scope okta.eventHooks.read, which the app itself does without."""
        page = await self._ask(self._get(f"{self._org_url}/api/v1/eventHooks"))
        return [parse_event_hook(item) for item in _items(page)]

    async def list_group_members(self, group_id: str) -> AsyncIterator[OktaUser]:
        """Page by page. Raises when a page cannot be read, so that nobody takes a part for all."""
        first = await self._ask(self._api.list_group_users(group_id, limit=MEMBERS_PER_PAGE))
        async for item in self._all_items(first):
            yield parse_user(item)

    async def list_log_events(
        self,
        *,
        since: str | None = None,
        until: str | None = None,
        filter: str | None = None,
        next_link: str | None = None,
        limit: int = 1000,
    ) -> LogPage:
        """One page of the System Log, oldest first; `next_link` continues and makes the other arguments void.

        Without `until` there is always a `next`: keep it and ask again later.
        """
        if next_link is not None:
            page = await self._follow(next_link)
        else:
            call = self._api.list_log_events(
                since=since, until=until, filter=filter, limit=limit, sort_order="ASCENDING"
            )
            page = await self._ask(call)
        return LogPage(list(_items(page)), page.next)

    async def _ask(self, call: Awaitable[Any]) -> _Page:
        try:
            # Three values, whatever the SDK's annotations say.
            answer: tuple[Any, _Page | None, Exception | None] = await call
        except NotPermitted:
            self._forget_token()
            raise
        _, page, error = answer
        if error is not None or page is None:  # the token endpoint answered without a token
            raise Unavailable("okta", "give an access token", code="no_token", detail=str(error))
        return page

    def _forget_token(self) -> None:
        """A token keeps the rights it was made with for an hour: take a new one after those were corrected."""
        if self._executor._oauth is not None:
            self._executor._oauth.clear_access_token()

    async def _all_items(self, page: _Page) -> AsyncIterator[dict[str, Any]]:
        for item in _items(page):
            yield item
        while page.next:
            page = await self._follow(page.next)
            for item in _items(page):
                yield item

    async def _follow(self, link: str) -> _Page:
        """Follow a `next` link, on our own org only: the request carries the token."""
        parts = urlsplit(link)
        if not parts.path.startswith("/api/v1/") or not parse_qs(parts.query):
            raise Rejected("okta", f"follow the link {link}", detail="it does not lead to a page of Okta's API")
        return await self._ask(self._get(f"{self._org_url}{parts.path}?{parts.query}"))

    async def _get(self, url: str) -> tuple[None, _Page | None, Exception | None]:
        request, error = await self._executor.create_request("GET", url)
        if error is not None:
            return None, None, error
        response, text, _ = await self._executor.execute(request)
        return None, _page(response, text), None


def _config(
    org_url: str, token: str | None, client_id: str | None, private_key: str | None, timeout: float
) -> dict[str, Any]:
    """The SDK's configuration, whole: its own set-up would let `okta.yaml` and OKTA_CLIENT_* override ours."""
    client: dict[str, Any] = {
        "orgUrl": org_url,
        "requestTimeout": timeout,
        "rateLimit": {"maxRetries": 0},
        "oauthTokenRenewalOffset": 5,  # minutes
    }
    if token:
        client |= {"authorizationMode": "SSWS", "token": token}
    else:
        key = {"clientId": client_id or "", "privateKey": _checked_key(private_key), "scopes": list(SCOPES)}
        client |= {"authorizationMode": "PrivateKey", **key}
    config = {"client": client, "testing": {"testingDisableHttpsCheck": org_url.startswith("http://")}}
    ConfigValidator(config)  # type: ignore[no-untyped-call]
    return config


def _checked_key(private_key: str | None) -> str:
    if not private_key:
        raise ValueError("Okta needs OKTA_API_TOKEN, or OKTA_CLIENT_ID and OKTA_PRIVATE_KEY")
    try:
        JWT.get_PEM_JWK(private_key)  # type: ignore[no-untyped-call]
    except (ValueError, SyntaxError, TypeError, AttributeError, OSError, JWException):
        # Without the cause, which may quote the key.
        raise ValueError("OKTA_PRIVATE_KEY is not an RSA private key (PEM or JWK)") from None
    return private_key


def _page(response: aiohttp.ClientResponse, text: str | bytes) -> _Page:
    following = response.links.get("next")
    return _Page(json.loads(text), str(following["url"]) if following else None, response.headers.get("Date"))


def _items(page: _Page) -> list[dict[str, Any]]:
    if not isinstance(page.data, list):
        raise unexpected("a list")
    return page.data


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
