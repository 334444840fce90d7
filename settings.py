"""The environment, read once into one typed, frozen object. Every fault is named at once; secrets are never shown."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

import setting_values
from lifecycle import delays, mail_examples
from lifecycle.delays import Delay, IntervalType
from lifecycle.licenses import LicenseScope
from lifecycle.mail_rendering import Letterhead
from setting_values import AZURE_STORAGE

# What App Service leaves in the setting when it could not resolve the reference.
# https://learn.microsoft.com/en-us/azure/app-service/app-service-key-vault-references
_UNRESOLVED = "@microsoft.keyvault("
# A value pasted into the wrong setting may hold a secret; such a value is not shown.
_LOOKS_SECRET = re.compile(r"key=|sig=|secret|password|PRIVATE KEY|//[^/]*@", re.IGNORECASE)


class SettingsError(ValueError):
    """One or more settings are missing or malformed; the text has a line for each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("The settings cannot be used:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = tuple(faults)


MailAddress = Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+$", description="one mail address")]
GroupDelays = tuple[tuple[str, Delay], ...]
HookSecret = Annotated[SecretStr, AfterValidator(setting_values.hook_secret)]
Url = Annotated[str, AfterValidator(setting_values.base_url)]


class Settings(BaseSettings):
    """Each attribute is the environment variable of the same name in capitals."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, validate_default=True)

    okta_org_url: Annotated[str, AfterValidator(setting_values.okta_org_url)] = Field(
        description="the address of the Okta org, such as https://acme.okta.com"
    )
    okta_client_id: str | None = Field(None, description="the client id of an Okta service app")
    okta_private_key: Annotated[SecretStr, AfterValidator(setting_values.private_key)] | None = None
    okta_api_token: SecretStr | None = None
    okta_hook_secret: HookSecret = Field(
        description=f"the event hook's Authorization value, at least {setting_values.SHORTEST_SECRET} characters"
    )
    okta_hook_secret_previous: HookSecret | None = None
    office_group: Annotated[tuple[str, ...], BeforeValidator(setting_values.groups)] = ("Office 365 Assignments",)
    delay_integer: Annotated[int, BeforeValidator(delays.parse_delay_integer)] = 30
    delay_interval_type: Annotated[IntervalType, BeforeValidator(delays.parse_interval_type)] = IntervalType.DAY
    group_delays: Annotated[GroupDelays, BeforeValidator(setting_values.group_delays)] = ()
    graph_base_url: Url = "https://graph.microsoft.com/v1.0"
    graph_access_token: SecretStr | None = None
    mail_sender: MailAddress | None = Field(None, description="one mail address")
    operators_email: MailAddress | None = Field(None, description="one mail address")
    tables_connection: Annotated[SecretStr, AfterValidator(setting_values.tables_connection)] | None = None
    tables_endpoint: Url | None = None
    license_scope: Annotated[LicenseScope, BeforeValidator(str.lower)] = Field(
        LicenseScope.ALL, description="all or catalog"
    )
    default_usage_location: Annotated[str, StringConstraints(to_upper=True, pattern="^[A-Za-z]{2}$")] | None = Field(
        None, description="a two-letter country code, such as NL"
    )
    protected_logins: Annotated[frozenset[str], BeforeValidator(setting_values.logins)] = frozenset()
    max_deactivations_per_hour: int = Field(50, ge=1, description="a whole number, 1 or more")
    dry_run: bool = Field(False, description="true or false")
    history_days: int = Field(30, ge=1, description="a whole number of days, 1 or more")
    deactivate_on_suspend: bool = Field(False, description="true or false")
    session_secret: Annotated[SecretStr, AfterValidator(setting_values.session_secret)] | None = None
    # Set by App Service: https://learn.microsoft.com/azure/app-service/reference-app-settings
    website_auth_enabled: Annotated[bool, BeforeValidator(setting_values.is_true)] = False
    company_name: Annotated[str, StringConstraints(max_length=80)] | None = Field(
        None, description="a name of at most 80 characters"
    )
    contact_email: MailAddress | None = Field(None, description="one mail address")
    remind_before_days: int = Field(3, ge=0, description="a whole number of days, 0 or more")
    mail_language: Annotated[Literal["en", "de"], BeforeValidator(str.lower)] = Field("en", description="en or de")
    time_zone: Annotated[str, AfterValidator(setting_values.time_zone)] = "UTC"
    mail_templates: Annotated[str, AfterValidator(setting_values.folder)] | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `read_settings` hands over: nothing of the real environment leaks into a given one."""
        return (init_settings,)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_unresolved_reference(cls, value: object) -> object:
        if isinstance(value, str) and value.lower().startswith(_UNRESOLVED):
            raise ValueError(
                "a Key Vault reference that resolves: check the vault, the secret and the identity's access"
            )
        return value

    # A check of two settings sits on the one that is read later: so pydantic reports it together with all other faults.
    @field_validator("okta_api_token")
    @classmethod
    def _expect_one_way_into_okta(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        client_id, key = info.data.get("okta_client_id", ...), info.data.get("okta_private_key", ...)
        if ... not in (client_id, key) and (bool(client_id), bool(key), bool(token)) not in (
            (False, False, True),
            (True, True, False),
        ):
            raise ValueError(
                "either OKTA_API_TOKEN, or OKTA_CLIENT_ID and OKTA_PRIVATE_KEY, exactly one of the two ways"
            )
        return token

    @field_validator("delay_interval_type")
    @classmethod
    def _expect_sensible_delay(cls, interval_type: IntervalType, info: ValidationInfo) -> IntervalType:
        if "delay_integer" in info.data:
            try:
                delays.parse_delay(info.data["delay_integer"], interval_type)
            except ValueError as error:
                raise ValueError(f"{error} together with DELAY_INTEGER={info.data['delay_integer']}") from error
        return interval_type

    @field_validator("group_delays")
    @classmethod
    def _expect_managed_groups(cls, own: GroupDelays, info: ValidationInfo) -> GroupDelays:
        groups = {group for group, _ in own}
        unknown = groups - set(info.data.get("office_group", groups))
        if unknown:
            raise ValueError(f"delays of groups named in OFFICE_GROUP only, not of {', '.join(sorted(unknown))}")
        return own

    @field_validator("graph_access_token")
    @classmethod
    def _expect_token_for_stand_in_only(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        graph = info.data.get("graph_base_url")
        if token and graph and not setting_values.loopback(urlsplit(graph).hostname or ""):
            raise ValueError("no token unless GRAPH_BASE_URL is on this machine; Azure gives the app its own identity")
        return token

    @field_validator("tables_endpoint")
    @classmethod
    def _expect_one_way_to_tables(cls, endpoint: str | None, info: ValidationInfo) -> str | None:
        connection = info.data.get("tables_connection", ...)
        if connection is not ... and bool(connection) == bool(endpoint):
            raise ValueError(
                "either TABLES_CONNECTION or TABLES_ENDPOINT (or a connection string in AzureWebJobsStorage; with an"
                " identity-based AzureWebJobsStorage__accountName, https://<account>.table.core.windows.net here)"
            )
        return endpoint

    @field_validator("mail_templates")
    @classmethod
    def _expect_templates_that_work(cls, folder: str | None, info: ValidationInfo) -> str | None:
        language = info.data.get("mail_language")
        if folder and language and (faults := mail_examples.faults(Letterhead(language=language, folder=folder))):
            raise ValueError(f"templates that make every mail: {'; '.join(faults)}")
        return folder

    @property
    def letterhead(self) -> Letterhead:
        """What the mails say of the company, and in which language."""
        return Letterhead(
            self.company_name, self.contact_email, self.mail_language, self.time_zone, self.mail_templates
        )

    @property
    def delay(self) -> Delay:
        """The delay of a group without one of its own."""
        return Delay(self.delay_integer, self.delay_interval_type)

    def delay_for(self, group_id: str | None, group_name: str | None) -> Delay:
        return next((delay for group, delay in self.group_delays if group in (group_id, group_name)), self.delay)

    def manages(self, group_id: str | None, group_name: str | None) -> bool:
        """Names are case-sensitive, as in Okta."""
        return group_id in self.office_group or group_name in self.office_group


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the environment, or a given one; an empty value is not set. Raise SettingsError with every fault."""
    given = {name: text.strip() for name, text in (os.environ if environ is None else environ).items() if text.strip()}
    found = {name: given[name.upper()] for name in Settings.model_fields if name.upper() in given}
    if AZURE_STORAGE in given and not {"tables_connection", "tables_endpoint"} & set(found):
        found["tables_connection"] = given[AZURE_STORAGE]
    try:
        return Settings(**found)  # type: ignore[arg-type]
    except ValidationError as error:
        faults = [_fault(each) for each in error.errors(include_url=False)]
    # Raised here and not in the handler: pydantic's own error holds the input, secrets included.
    raise SettingsError(faults)


def _fault(error: ErrorDetails) -> str:
    name = str(error["loc"][0])
    field = Settings.model_fields[name]
    expected = str(error["ctx"]["error"]) if error["type"] == "value_error" else field.description
    secret = "SecretStr" in str(field.annotation)
    return f"{name.upper()}: expected {expected}; {_found(error, secret=secret)}"


def _found(error: ErrorDetails, *, secret: bool) -> str:
    value: Any = error["input"]
    if error["type"] == "missing" or value is None:
        return "it is not set"
    if secret or _LOOKS_SECRET.search(str(value)):
        return "what was found is not shown, since it may be a secret"
    text = str(value)
    return f"found {text[:80]!r}" + ("..." if len(text) > 80 else "")
