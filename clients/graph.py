"""Microsoft Graph through msgraph-sdk: one function per need, our records out, our errors raised.

The SDK builds, signs and sends the requests; their answers it hands over as they came. One client serves all calls. It
never sleeps: the SDK's own retries are off, since they would hold an activity for minutes and send a mail twice after
a 504; whoever calls retries, and finds `retry_after` on the error.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_option import RequestOption
from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
from kiota_http.middleware.options import RedirectHandlerOption, ResponseHandlerOption, RetryHandlerOption
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.user import User
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph.generated.users.item.manager.manager_request_builder import ManagerRequestBuilder
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as graph_options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]

from clients.addresses import checked_base_url
from clients.errors import NotFound, Rejected, Unavailable
from clients.graph_errors import Ask, body_of, no_answer, refusal
from clients.graph_probe import GraphProbe
from clients.graph_records import Json, parse_manager, parse_subscribed_sku, parse_user, required
from clients.records import EntraUser, SubscribedSku

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

# At INFO it writes the address of every request, which may hold a login.
logging.getLogger("httpx").setLevel(logging.WARNING)

NATIVE: list[RequestOption] = [ResponseHandlerOption(NativeResponseHandler())]
AS_IT_CAME: RequestConfiguration[Any] = RequestConfiguration(options=NATIVE)

# Most of these are not returned unless named: https://learn.microsoft.com/graph/api/resources/user
USER_PROPERTIES = [
    "id",
    "userPrincipalName",
    "displayName",
    "mail",
    "accountEnabled",
    "usageLocation",
    "onPremisesSyncEnabled",
    "licenseAssignmentStates",
]
MANAGER_PROPERTIES = ["id", "userPrincipalName", "displayName", "mail", "accountEnabled"]
# Of everybody at once only what tells who it is and what is to be compared.
LISTED_PROPERTIES = ["id", "userPrincipalName", "mail", "accountEnabled", "licenseAssignmentStates"]
USERS_PER_PAGE = 999  # the most that Graph gives
ENTRA_USER = "#microsoft.graph.user"


class Graph:
    """`access_token` is for a stand-in tenant; without it and a credential, DefaultAzureCredential is used."""

    def __init__(
        self,
        base_url: str,
        *,
        access_token: str | None = None,
        credential: "AsyncTokenCredential | None" = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._base_url = checked_base_url("GRAPH_BASE_URL", base_url)
        self._credential = _StaticCredential(access_token) if access_token else credential or _default_credential()
        plain = httpx.AsyncClient(timeout=timeout, transport=transport)
        handlers = {
            RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
            RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
        }
        self._http = GraphClientFactory.create_with_default_middleware(
            client=plain, options={**graph_options, **handlers}
        )
        host = urlsplit(self._base_url).hostname or ""
        adapter = GraphRequestAdapter(
            AzureIdentityAuthenticationProvider(
                self._credential,  # type: ignore[arg-type]  # the SDK needs no more of it than get_token
                scopes=[f"https://{host}/.default"],
                allowed_hosts=[host],
            ),
            client=self._http,
        )
        adapter.base_url = self._base_url
        self.probe = GraphProbe(self._base_url, self._credential, transport=transport)
        self._sdk = GraphServiceClient(request_adapter=adapter)

    async def close(self) -> None:
        await self._http.aclose()
        await self.probe.close()
        await self._credential.close()

    async def read_user(self, id_or_upn: str) -> EntraUser | None:
        """None when the tenant has no such user."""
        if id_or_upn.strip() in ("", ".", ".."):
            return None  # the path would be that of another resource
        query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(select=USER_PROPERTIES)
        ask = Ask(f"read the user {id_or_upn}", "User.Read.All")
        get = self._sdk.users.by_user_id(id_or_upn).get(RequestConfiguration(options=NATIVE, query_parameters=query))
        try:
            return parse_user(ask, await _answer(ask, get))
        except NotFound:
            return None

    async def find_user_by_mail(self, mail: str) -> EntraUser | None:
        """By the primary address, then by the others. Raises Rejected when several users have it."""
        quoted = mail.replace("'", "''")
        for condition in (f"mail eq '{quoted}'", f"proxyAddresses/any(p:p eq 'smtp:{quoted}')"):
            if ids := await self._list_user_ids(mail, condition):
                return await self.read_user(ids[0])
        return None

    async def _list_user_ids(self, mail: str, condition: str) -> list[str]:
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(filter=condition, select=["id"], top=5)
        ask = Ask(f"find the user with the mail address {mail}", "User.Read.All")
        page = await _answer(ask, self._sdk.users.get(RequestConfiguration(options=NATIVE, query_parameters=query)))
        ids = [required(ask, user, "id", str) for user in required(ask, page, "value", list)]
        if len(ids) > 1:
            advice = "Give the address to one user only, or make the Okta login equal to the userPrincipalName."
            detail = f"{len(ids)} users have this address: {', '.join(ids)}"
            raise Rejected("graph", ask.to, status=200, code="ambiguous_mail", detail=detail, advice=advice)
        return ids

    async def list_users(self) -> AsyncIterator[EntraUser]:
        """All users of the tenant, with their licenses, without name and location.

        Raises when a page cannot be read, so that nobody takes a part for all.
        """
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=LISTED_PROPERTIES, top=USERS_PER_PAGE)
        ask = Ask("list the users", "User.Read.All")
        call = self._sdk.users.get(RequestConfiguration(options=NATIVE, query_parameters=query))
        while True:
            page = await _answer(ask, call)
            for user in required(ask, page, "value", list):
                yield parse_user(ask, user)
            if (link := page.get("@odata.nextLink")) is None:
                return
            call = self._sdk.users.with_url(self._checked_link(ask, link)).get(AS_IT_CAME)

    def _checked_link(self, ask: Ask, link: object) -> str:
        """Follow a link on our own tenant's API only: the request carries the token."""
        if not isinstance(link, str) or not link.startswith(f"{self._base_url}/"):
            raise Rejected(
                "graph", ask.to, status=200, code="foreign_link", detail=f"the next page is said to be {link}"
            )
        return link

    async def read_manager(self, entra_user_id: str) -> EntraUser | None:
        """Without licenses and location. None when there is no manager, or it is a contact and not a user."""
        query = ManagerRequestBuilder.ManagerRequestBuilderGetQueryParameters(select=MANAGER_PROPERTIES)
        ask = Ask(f"read the manager of {entra_user_id}", "User.Read.All")
        get = self._sdk.users.by_user_id(entra_user_id).manager.get(
            RequestConfiguration(options=NATIVE, query_parameters=query)
        )
        try:
            manager = await _answer(ask, get)
        except NotFound:
            return None
        return parse_manager(ask, manager) if manager.get("@odata.type", ENTRA_USER) == ENTRA_USER else None

    # What writes returns the id under which Microsoft knows the request, for its support.

    async def set_account_enabled(self, entra_user_id: str, enabled: bool) -> str | None:
        """Raises PrivilegedUser when the tenant refuses to let the app touch this account."""
        verb = "enable" if enabled else "disable"
        ask = Ask(f"{verb} the account {entra_user_id}", "User.EnableDisableAccount.All and User.Read.All", True)
        patch = self._sdk.users.by_user_id(entra_user_id).patch(User(account_enabled=enabled), AS_IT_CAME)
        return _request_id(await _done(ask, patch))

    async def revoke_sign_in_sessions(self, entra_user_id: str) -> str | None:
        ask = Ask(f"revoke the sign-in sessions of {entra_user_id}", "User.RevokeSessions.All")
        response = await _done(ask, self._sdk.users.by_user_id(entra_user_id).revoke_sign_in_sessions.post(AS_IT_CAME))
        if body_of(response).get("value") is not True:
            raise Unavailable("graph", ask.to, status=200, code="not_revoked", detail="the answer was not true")
        return _request_id(response)

    async def assign_license(
        self,
        entra_user_id: str,
        *,
        add: Sequence[tuple[str, Sequence[str]]] = (),
        remove: Sequence[str] = (),
    ) -> str | None:
        """Add SKUs with their disabled plans, and remove SKUs, all in one request: either all of it happens or none."""
        ask = Ask(_license_words(entra_user_id, add, remove), "LicenseAssignment.ReadWrite.All")
        body = AssignLicensePostRequestBody(
            add_licenses=[
                AssignedLicense(sku_id=UUID(sku_id), disabled_plans=[UUID(plan) for plan in plans])
                for sku_id, plans in add
            ],
            remove_licenses=[UUID(sku_id) for sku_id in remove],
        )
        response = await _done(ask, self._sdk.users.by_user_id(entra_user_id).assign_license.post(body, AS_IT_CAME))
        if not body_of(response):
            raise refusal(ask, response)
        return _request_id(response)

    async def set_usage_location(self, entra_user_id: str, country: str) -> str | None:
        ask = Ask(f"set the usage location of {entra_user_id} to {country}", "User.ReadWrite.All")
        patch = self._sdk.users.by_user_id(entra_user_id).patch(User(usage_location=country), AS_IT_CAME)
        return _request_id(await _done(ask, patch))

    async def list_subscribed_skus(self) -> list[SubscribedSku]:
        ask = Ask("list the subscribed SKUs", "LicenseAssignment.Read.All")
        answer = await _answer(ask, self._sdk.subscribed_skus.get(AS_IT_CAME))
        return [parse_subscribed_sku(ask, sku) for sku in required(ask, answer, "value", list)]

    async def send_mail(
        self,
        sender: str,
        to: str,
        subject: str,
        html: str,
        *,
        cc: Sequence[str] = (),
        reply_to: Sequence[str] = (),
    ) -> str | None:
        """Hand a mail to Exchange Online; accepted is not delivered, and there is no message id."""
        ask = Ask(
            f"send a mail from {sender} to {to}",
            "Mail.Send (or the Exchange role Application Mail.Send for this mailbox)",
        )
        message = Message(
            subject=subject,
            body=ItemBody(content_type=BodyType.Html, content=html),
            to_recipients=[_recipient(to)],
            cc_recipients=[_recipient(address) for address in cc],
            reply_to=[_recipient(address) for address in reply_to],
        )
        body = SendMailPostRequestBody(message=message, save_to_sent_items=False)
        return _request_id(await _done(ask, self._sdk.users.by_user_id(sender).send_mail.post(body, AS_IT_CAME)))


# Seconds, of one call in all: httpx counts connecting, sending and each wait for a piece of the answer apart.
GIVES_UP_AFTER = 60.0


class _StaticCredential:
    def __init__(self, token: str) -> None:
        self._token = token

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(self._token, 2**31)

    async def close(self) -> None:
        """Nothing is held open."""


def _default_credential() -> "AsyncTokenCredential":
    from azure.identity.aio import DefaultAzureCredential

    return DefaultAzureCredential()


async def _done(ask: Ask, call: Awaitable[Any]) -> httpx.Response:
    """Wait for a call that needs no answer but a success. The SDK's annotation says a model, its handler a response."""
    try:
        async with asyncio.timeout(GIVES_UP_AFTER):
            response: httpx.Response = await call
    except (httpx.HTTPError, AzureError, TimeoutError) as error:
        raise no_answer(ask, error) from error
    # A 200 without JSON comes from something in between, such as a proxy's sign-in page.
    if response.status_code in (202, 204) or (response.status_code == 200 and body_of(response)):
        return response
    raise refusal(ask, response)


async def _answer(ask: Ask, call: Awaitable[Any]) -> Json:
    """The JSON object that a call has to answer with: a success without one is none."""
    response = await _done(ask, call)
    if not (body := body_of(response)):
        raise refusal(ask, response)
    return body


def _request_id(response: httpx.Response) -> str | None:
    found: str | None = response.headers.get("request-id")
    return found


def _license_words(entra_user_id: str, add: Sequence[tuple[str, Sequence[str]]], remove: Sequence[str]) -> str:
    added = [f"add {', '.join(sku_id for sku_id, _ in add)}"] if add else []
    removed = [f"remove {', '.join(remove)}"] if remove else []
    return f"change the licenses of {entra_user_id} ({'; '.join(added + removed) or 'nothing'})"


def _recipient(address: str) -> Recipient:
    return Recipient(email_address=EmailAddress(address=address))
