"""The official SDK, its API classes alone, talks to the org as it does to the real one."""

from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from okta.api.group_api import GroupApi
from okta.api.system_log_api import SystemLogApi
from okta.api.user_api import UserApi
from okta.api.user_resources_api import UserResourcesApi
from okta.cache.no_op_cache import NoOpCache
from okta.config.config_setter import ConfigSetter
from okta.request_executor import RequestExecutor

from local.okta_org.org import DEFAULT_TOKEN
from local.stand_in.sample_people import MANAGED_GROUP_ID, MANAGED_GROUP_NAME

MAYA = "00u7new3Zp5Rt6Vb15d7"


class Executor(RequestExecutor):
    """Notes what it is told to wait for, and does not."""

    def __init__(self, config: Any) -> None:
        super().__init__(config, NoOpCache(), None)
        self.waits: list[float] = []

    async def pause_for_backoff(self, backoff_time: float) -> None:
        self.waits.append(backoff_time)


class Client(UserApi, GroupApi, UserResourcesApi, SystemLogApi):
    """The parts of the SDK that are tried here: importing all 118 takes seconds."""

    def __init__(self, base_url: str, settings: dict[str, Any]) -> None:
        setter = ConfigSetter()
        setter._apply_config({"client": {"orgUrl": base_url, "requestTimeout": 5, **settings}})
        config = setter._prune_config(setter.get_config())
        super().__init__(configuration=config)
        self._request_executor = Executor(config)


def sdk(base_url: str, **settings: Any) -> Any:
    """Untyped: the SDK says of errors and of what goes with them that they are no more than tuples."""
    return Client(base_url, settings)


@pytest.fixture
def base_url(okta: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OKTA_TESTING_TESTINGDISABLEHTTPSCHECK", "true")
    return str(okta.base_url).rstrip("/")


async def test_the_sdk_reads_users_groups_and_the_log(base_url: str, okta: httpx.AsyncClient) -> None:
    client = sdk(base_url, token=DEFAULT_TOKEN)
    await okta.delete(f"/api/v1/groups/{MANAGED_GROUP_ID}/users/{MAYA}")

    user, _, no_error = await client.get_user("maya.lin@contoso.com")
    groups, _, _ = await client.list_user_groups(MAYA)
    members, _, _ = await client.list_group_users(MANAGED_GROUP_ID, limit=200)
    events, response, _ = await client.list_log_events(filter='eventType eq "group.user_membership.remove"')

    assert no_error is None
    assert (user.id, user.profile.manager) == (MAYA, "noor.haddad@contoso.com")
    assert MANAGED_GROUP_NAME not in {group.profile.actual_instance.name for group in groups}
    assert MAYA not in {member.id for member in members}
    assert [event.event_type for event in events] == ["group.user_membership.remove"]
    assert 'rel="next"' in response.headers["Link"]


async def test_the_sdk_understands_the_errors(base_url: str) -> None:
    _, _, error = await sdk(base_url, token=DEFAULT_TOKEN).get_user("nobody@contoso.com")
    _, _, refused = await sdk(base_url, token="wrong").get_user(MAYA)

    assert (error.status, error.error_code) == (404, "E0000007")
    assert (refused.status, refused.error_code) == (401, "E0000011")


async def test_the_sdk_waits_for_the_reset_of_a_429(base_url: str, okta: httpx.AsyncClient) -> None:
    rule = {"kind": "status", "status": 429, "retry_after": 2, "times": 1}
    await okta.put("/control/faults", json=[rule])
    client = sdk(base_url, token=DEFAULT_TOKEN)

    user, _, error = await client.get_user(MAYA)

    assert error is None
    assert user.id == MAYA
    (wait,) = client._request_executor.waits
    assert wait == pytest.approx(3, abs=1)  # the SDK adds a second; both ends cut theirs off


async def test_the_sdk_signs_in_with_a_private_key(base_url: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    settings = {"authorizationMode": "PrivateKey", "clientId": "0oa1", "privateKey": pem, "scopes": ["okta.users.read"]}

    user, _, error = await sdk(base_url, **settings).get_user(MAYA)

    assert error is None
    assert user.profile.login == "maya.lin@contoso.com"
