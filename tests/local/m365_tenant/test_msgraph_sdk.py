"""The official SDK talks to the tenant as it does to the real one."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_http.middleware.options import RetryHandlerOption
from msgraph.generated.models.assigned_license import AssignedLicense
from msgraph.generated.models.body_type import BodyType
from msgraph.generated.models.email_address import EmailAddress
from msgraph.generated.models.item_body import ItemBody
from msgraph.generated.models.message import Message
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.recipient import Recipient
from msgraph.generated.models.user import User
from msgraph.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph.generated.users.item.send_mail.send_mail_post_request_body import SendMailPostRequestBody
from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory  # type: ignore[import-untyped]  # no type information in the package

from local.m365_tenant.tenant import DEFAULT_TOKEN, M365Tenant

MAYA = "maya.lin@contoso.com"
E3 = UUID("05e9a617-0261-4cee-bb44-138d3ef5d965")
FLOW = UUID("f30db892-07e9-47e9-837c-80727f46fd3d")


class FixedToken(AccessTokenProvider):
    async def get_authorization_token(self, uri: str, additional_authentication_context: dict[str, Any] = {}) -> str:  # noqa: B006
        return DEFAULT_TOKEN

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


@pytest.fixture(params=["base URL set on the adapter", "base URL left to httpx"])
async def client(graph: httpx.AsyncClient, request: pytest.FixtureRequest) -> GraphServiceClient:
    """Left to httpx, the SDK asks for paths with a double slash."""
    url = f"{graph.base_url}".rstrip("/") + "/v1.0"
    left_to_httpx = request.param == "base URL left to httpx"
    http = httpx.AsyncClient(base_url=url) if left_to_httpx else httpx.AsyncClient()
    options = {RetryHandlerOption.get_key(): RetryHandlerOption(delay=0, max_retries=1)}
    http = GraphClientFactory.create_with_default_middleware(client=http, options=options)
    adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(FixedToken()), client=http)
    if not left_to_httpx:
        adapter.base_url = url
    return GraphServiceClient(request_adapter=adapter)


async def test_the_sdk_reads_a_user_with_licenses_and_manager(client: GraphServiceClient) -> None:
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(
        select=["id", "accountEnabled", "licenseAssignmentStates"], expand=["manager($select=id,mail)"]
    )
    user = await client.users.by_user_id(MAYA).get(RequestConfiguration(query_parameters=query))

    assert user is not None
    assert user.account_enabled is True
    states = user.license_assignment_states or []
    assert [state.assigned_by_group is None for state in states] == [True, True, True, False]
    assert (states[0].sku_id, states[0].error) == (E3, "None")
    assert isinstance(user.manager, User)
    assert user.manager.mail == "noor.haddad@contoso.com"


async def test_the_sdk_finds_a_user_by_mail(client: GraphServiceClient) -> None:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(filter="mail eq 'zoe.o''neil@contoso.com'")
    found = await client.users.get(RequestConfiguration(query_parameters=query))

    assert found is not None
    assert found.value == []


async def test_the_sdk_disables_revokes_and_removes(client: GraphServiceClient, tenant: M365Tenant) -> None:
    user = client.users.by_user_id(MAYA)
    nothing = await user.patch(User(account_enabled=False))
    revoked = await user.revoke_sign_in_sessions.post()
    body = AssignLicensePostRequestBody(add_licenses=[], remove_licenses=[E3])
    changed = await user.assign_license.post(body)

    assert nothing is None
    assert revoked is not None
    assert revoked.value is True
    assert changed is not None
    assert changed.user_principal_name == MAYA
    assert not tenant.user(MAYA).account_enabled
    assert str(E3) not in {held.sku_id for held in tenant.user(MAYA).license_assignment_states}


async def test_the_sdk_gives_a_license_with_disabled_plans(client: GraphServiceClient, tenant: M365Tenant) -> None:
    plan = UUID("50e68c76-46c6-4674-81f9-75456511b170")
    body = AssignLicensePostRequestBody(
        add_licenses=[AssignedLicense(sku_id=FLOW, disabled_plans=[plan])], remove_licenses=[]
    )
    await client.users.by_user_id("omar.reyes@contoso.com").assign_license.post(body)

    added = tenant.user("omar.reyes@contoso.com").license_assignment_states[-1]
    assert (added.sku_id, added.disabled_plans) == (str(FLOW), [str(plan)])


async def test_the_sdk_understands_errors_with_their_request_id(client: GraphServiceClient) -> None:
    body = AssignLicensePostRequestBody(add_licenses=[], remove_licenses=[FLOW])

    with pytest.raises(ODataError) as caught:
        await client.users.by_user_id(MAYA).assign_license.post(body)

    error = caught.value
    assert (error.response_status_code, error.error and error.error.code) == (400, "Request_BadRequest")
    assert error.error is not None
    assert "inherited from a group membership" in str(error.error.message)
    assert error.error.inner_error is not None
    assert error.error.inner_error.request_id


async def test_the_sdk_lists_skus_and_sends_mail(client: GraphServiceClient, tenant: M365Tenant) -> None:
    skus = await client.subscribed_skus.get()
    message = Message(
        subject="Hello",
        body=ItemBody(content_type=BodyType.Html, content="<p>Hi</p>"),
        to_recipients=[Recipient(email_address=EmailAddress(address=MAYA))],
    )
    body = SendMailPostRequestBody(message=message, save_to_sent_items=False)
    await client.users.by_user_id("offboarding@contoso.com").send_mail.post(body)

    assert skus is not None
    assert len(skus.value or []) == 7
    assert [mail.subject for mail in tenant.state.mailboxes[MAYA]] == ["Hello"]


async def test_the_sdk_honours_retry_after(client: GraphServiceClient, graph: httpx.AsyncClient) -> None:
    await graph.put("/control/faults", json=[{"kind": "status", "status": 429, "retry_after": 0, "times": 1}])

    user = await client.users.by_user_id(MAYA).get()

    assert user is not None
    assert user.display_name == "Maya Lin"
