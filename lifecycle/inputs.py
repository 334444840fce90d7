"""What each flow is started with: a typed record, kept as plain JSON in the history of its instance for weeks.

Every input says which version of its flow the instance follows; docs/decisions/0005-changing-a-flow.md has the rules.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self, TypeVar

from pydantic import AwareDatetime, ConfigDict, Field, JsonValue, StrictBool, TypeAdapter, with_config

from lifecycle.drift_evidence import MENDED_BY_DEFAULT, Finding, Kind
from lifecycle.events import Flow, LogEvent
from lifecycle.notices import Notice

STORE_LICENSES = "store_licenses"
CLEAR_LICENSES = "clear_licenses"
RECONCILE_MEMBERS = "reconcile_members"
TELL_OPERATORS = "tell_operators"
DELIVER_MAILS = "deliver_mails"
FAN_OUT = "fan_out"

# The newest version of each flow that this release can play; and the one that it writes into new inputs, which is a
# version that the release before could play too.
UNDERSTOOD: Mapping[str, int] = {
    Flow.DEACTIVATION: 1,
    Flow.ACTIVATION: 1,
    STORE_LICENSES: 1,
    CLEAR_LICENSES: 1,
    RECONCILE_MEMBERS: 1,
    TELL_OPERATORS: 1,
    DELIVER_MAILS: 1,
    FAN_OUT: 1,
}
STAMPED: Mapping[str, int] = UNDERSTOOD


class NotUnderstood(ValueError):
    """A newer release started this instance. This one must not play it, as it would take other steps: the run fails."""


# Inputs may be written by hand: a misspelt name or a word for a number is an error, and errors repeat no personal data.
_STRICT = ConfigDict(extra="forbid", hide_input_in_errors=True)


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class FlowInput:
    """What all inputs have in common. An input without a version, started by hand, means the first."""

    version: Annotated[int, Field(strict=True, ge=1)] = 1

    def since(self, version: int) -> bool:
        """Whether the instance follows its flow as it is since this version."""
        return self.version >= version


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventInput(FlowInput):
    """What an instance keeps of its event: no more personal data than the login of a user who may be gone.

    `found`: it is not a delivery's word alone, but stands in Okta's System Log, or comes from an operator or ourselves.
    Only then does it say who caused it, for the audit.
    """

    uuid: str
    published: AwareDatetime
    event_type: str
    okta_user_id: str
    login: str | None = None
    group_id: str | None = None
    group_name: str | None = None
    actor: str | None = None
    found: bool = False

    @classmethod
    def of(cls, event: LogEvent, *, found: bool = False) -> Self:
        """Raises ValueError for an event that names no user."""
        if event.okta_user_id is None:
            raise ValueError(f"the event {event.uuid} names no user, so there is nobody to act on")
        return cls(
            uuid=event.uuid,
            published=event.published,
            event_type=event.event_type,
            okta_user_id=event.okta_user_id,
            login=event.login,
            group_id=event.group_id,
            group_name=event.group_name,
            actor=event.actor if found else None,
            found=found,
        )

    @property
    def event(self) -> LogEvent:
        """The event again, without what an input does not keep."""
        return LogEvent(
            uuid=self.uuid,
            published=self.published,
            event_type=self.event_type,
            okta_user_id=self.okta_user_id,
            login=self.login,
            group_id=self.group_id,
            group_name=self.group_name,
            actor=self.actor,
        )


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogInput(FlowInput):
    """Of a store or a clear of the license catalog: the one group that was asked for (name or id), or all."""

    group: str | None = None
    clear_first: StrictBool = False


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileInput(FlowInput):
    """Of a drift check: whether the flows are started that mend what is found; only of these kinds of finding and these
    people (Okta ids or logins), where any are named; and the operator who asked for it, if one did."""

    apply: StrictBool = False
    findings: tuple[Kind, ...] = ()
    members: tuple[str, ...] = ()
    by: str | None = None

    def includes(self, finding: Finding) -> bool:
        """Whether a finding is to be mended. What somebody else disabled has to be named."""
        kinds = self.findings or tuple(MENDED_BY_DEFAULT)
        names = (finding.okta_user_id, finding.login)
        return finding.kind in kinds and (not self.members or any(name in self.members for name in names))


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeInput(FlowInput):
    """What operators are told; `about` says it in a few words for the status."""

    notice: Notice
    about: str


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverInput(FlowInput):
    """The delivery of the outbox needs nothing but its version."""


@dataclass(frozen=True, slots=True)
class Start:
    """One instance to be started; `input` is the JSON of a FlowInput."""

    flow: str
    instance: str
    input: Mapping[str, JsonValue]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class FanOutInput(FlowInput):
    """The instances that a large delivery starts."""

    starts: tuple[Start, ...]


Input = TypeVar("Input", bound=FlowInput)
_ADAPTERS: dict[type[FlowInput], TypeAdapter[Any]] = {}


def start_of(flow: str, instance: str, record: FlowInput) -> Start:
    """A start of this flow in the version that this release stamps."""
    stamped = replace(record, version=STAMPED[flow])
    return Start(flow, instance, _adapter(type(stamped)).dump_python(stamped, mode="json"))


def read_input(kind: type[Input], flow: str, data: object) -> Input:
    """The input of an instance. Raises NotUnderstood, and pydantic.ValidationError for what is no such input."""
    record: Input = _adapter(kind).validate_python({} if data is None else data)
    if record.version > UNDERSTOOD[flow]:
        raise NotUnderstood(
            f"this instance follows version {record.version} of {flow}, and this release of Offstage understands"
            f" {UNDERSTOOD[flow]}: it fails; deploy the newer release again, and let a drift check mend what it left"
        )
    return record


def _adapter(kind: type[FlowInput]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:  # made on first use, to keep a cold start short
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
