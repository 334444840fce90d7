"""What an Okta org remembers. Timestamps are kept as the text Okta shows."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class OktaModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class User(OktaModel):
    id: str
    status: str = "ACTIVE"
    created: str
    activated: str | None = None
    status_changed: str | None = None
    last_login: str | None = None
    last_updated: str
    password_changed: str | None = None
    profile: dict[str, Any]
    # Decides whether activation leads to ACTIVE or waits for the user in PROVISIONED. Okta forgets it on deactivation.
    has_password: bool = True

    @property
    def login(self) -> str:
        return str(self.profile.get("login", ""))

    @property
    def sign_in_name(self) -> str:
        return self.login

    @property
    def display_name(self) -> str:
        names = (self.profile.get("firstName"), self.profile.get("lastName"))
        return str(self.profile.get("displayName") or " ".join(name for name in names if name))

    def shown(self, org_url: str) -> dict[str, Any]:
        """https://developer.okta.com/docs/api/openapi/okta-management/management/tag/User/"""
        return {
            **self.model_dump(by_alias=True, exclude={"has_password"}),
            "type": {"id": "otyfnjqfn6v6Nj0cS5d7"},
            "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
            "_links": {"self": {"href": f"{org_url}/api/v1/users/{self.id}"}},
        }


class Group(OktaModel):
    id: str
    created: str
    last_updated: str
    last_membership_updated: str
    object_class: list[str] = ["okta:user_group"]
    type: str = "OKTA_GROUP"
    profile: dict[str, Any]
    # user id -> joined at, in the order of joining
    members: dict[str, str] = {}

    @property
    def name(self) -> str:
        return str(self.profile.get("name", ""))

    @property
    def record(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude={"members"})

    def shown(self, org_url: str) -> dict[str, Any]:
        """https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/"""
        return {
            **self.record,
            "_links": {"users": {"href": f"{org_url}/api/v1/groups/{self.id}/users"}},
        }


class AuthScheme(OktaModel):
    type: str = "HEADER"
    key: str
    value: str | None = None


class HookHeader(OktaModel):
    key: str
    value: str


class ChannelConfig(OktaModel):
    uri: str
    headers: list[HookHeader] = []
    auth_scheme: AuthScheme | None = None
    method: str = "POST"


class Channel(OktaModel):
    type: str
    version: str
    config: ChannelConfig


class HookEvents(OktaModel):
    type: str
    items: list[str] = Field(min_length=1)
    filter: dict[str, Any] | None = None


class EventHook(OktaModel):
    id: str
    name: str
    description: str | None = None
    status: str = "ACTIVE"
    verification_status: str = "UNVERIFIED"
    created: str
    created_by: str
    last_updated: str
    events: HookEvents
    channel: Channel
    source: str

    @property
    def is_delivering(self) -> bool:
        return self.status == "ACTIVE" and self.verification_status == "VERIFIED"

    @property
    def request_headers(self) -> dict[str, str]:
        """What travels with the verification and every delivery: custom headers, and the secret."""
        headers = {header.key: header.value for header in self.channel.config.headers}
        scheme = self.channel.config.auth_scheme
        if scheme is not None:
            headers[scheme.key] = scheme.value or ""
        return headers

    def shown(self) -> dict[str, Any]:
        """The hook as the API shows it; the secret is write-only."""
        hidden: dict[str, Any] = {"source": True, "channel": {"config": {"auth_scheme": {"value"}}}}
        return {**self.model_dump(by_alias=True, exclude=hidden), "_links": {"self": {"href": self.source}}}


class OAuthClient(OktaModel):
    """A service app. With a public key (JWK) its assertions are checked, without one they are taken on trust.

    `scopes` are those it is granted; None: whatever it asks for.
    """

    client_id: str
    name: str
    public_key: dict[str, Any] | None = None
    scopes: list[str] | None = None


class OrgState(OktaModel):
    users: dict[str, User] = {}
    groups: dict[str, Group] = {}
    hooks: dict[str, EventHook] = {}
    oauth_clients: dict[str, OAuthClient] = {}
    log: list[dict[str, Any]] = []
    # An early-access feature, to be switched on. How Okta words its refusal without it is not documented.
    has_hook_filters: bool = True
