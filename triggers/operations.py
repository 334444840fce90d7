"""The operators' routes as the OpenAPI document tells of them: what each one takes, answers and refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import JsonSchemaValue

from lifecycle.commands import AWAITED_IN, StartCommand
from lifecycle.orders import Command
from triggers.audit import JSON_LINES
from triggers.audit_bodies import AuditLine, AuditQuery, AuditReport, ReportQuery
from triggers.catch_up import Reading
from triggers.csv_cells import CSV
from triggers.drift import ReconcileRequest
from triggers.health_details import HealthDetails
from triggers.license_bodies import ChoiceRequest, License, Licenses, StoreRequest
from triggers.member_bodies import (
    Accepted,
    ExtendRequest,
    MembersQuery,
    NoArguments,
    People,
    PersonWithHistory,
    Released,
    ReleaseRequest,
)
from triggers.runs import RunAccepted, RunShown

Json = JsonSchemaValue  # what pydantic makes of a model, which has no type of its own
Model = type[BaseModel]
Reasons = Mapping[HTTPStatus, str]


class OpenApi(BaseModel):
    """This document."""

    model_config = ConfigDict(extra="allow")

    openapi: str
    paths: dict[str, object]


class GroupQuery(BaseModel):
    """?group=, optional"""

    group: str | None = Field(None, description="the id or the name of a group; all of them when left out")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route. It takes one of `bodies`; `refusals` are the statuses that come with a reason."""

    function: str
    method: str
    path: str
    summary: str
    answer: Model
    status: HTTPStatus = HTTPStatus.OK
    also: tuple[HTTPStatus, ...] = ()  # other statuses with the same answer
    description: str = ""
    query: Model | None = None
    bodies: tuple[Model, ...] = ()
    refusals: Reasons = field(default_factory=dict)
    media_types: tuple[str, ...] = ("application/json",)


MALFORMED: Reasons = {HTTPStatus.BAD_REQUEST: "The query or the body is not what the route takes."}
UNAVAILABLE: Reasons = {
    HTTPStatus.SERVICE_UNAVAILABLE: "Table Storage, Okta or the host gives no useful answer; ask again."
}
NOBODY: Reasons = {
    HTTPStatus.NOT_FOUND: "Nobody has this Okta id or login.",
    HTTPStatus.CONFLICT: "Several people have had this login.",
}
NO_COMMAND: Reasons = {
    HTTPStatus.NOT_FOUND: "Nobody has this Okta id or login, or there is no such command.",
    HTTPStatus.CONFLICT: "The run does not await this now, has yet to take another command, or has ended;"
    " or several people have had this login.",
}
NOT_HELD: Reasons = {HTTPStatus.CONFLICT: "The people named are not held, or not all of them; nobody was released."}
NO_SKU: Reasons = {
    HTTPStatus.NOT_FOUND: "The group's catalog has no such SKU.",
    HTTPStatus.CONFLICT: "This SKU cannot be assigned to users, or several groups have this name.",
}
NO_RUN: Reasons = {HTTPStatus.NOT_FOUND: "there is no such run, or its history was purged"}
PATH_PARAMETERS: Mapping[str, Json] = {
    "user": {"description": "an Okta user's id, or the login", "schema": {"type": "string"}},
    "command": {"schema": {"type": "string", "enum": [*Command, *StartCommand]}},
    "group": {"description": "a group's id or name", "schema": {"type": "string"}},
    "instance": {"description": "a run's id", "schema": {"type": "string"}},
    "skuId": {"description": "a license's `sku_id`", "schema": {"type": "string"}},
}
AWAITED = "\n".join(f"- in `{phase}`: `{'`, `'.join(sorted(awaited))}`" for phase, awaited in AWAITED_IN.items())
COMMAND_RULES = f"""Gives a command to the run that owns the person, which listens by the person's phase:

{AWAITED}

202 says that the command is accepted: it is kept in the person's row, and the run acts on it, though the host may die
meanwhile. Only when another event takes the person over first is it not carried out. The audit says `asked`, and then
`carried out`, or `not carried out` with the run that took over. Each wait of a run takes one command: 409 answers every
other one until the run awaits a command again, so `retry` and then `discard` while the step is tried again is a 409,
and `extend` and then `keep` are both heard. `skip` of a step whose result later steps need makes the run park again.
`extend` takes `until`, the others nothing.

`deactivate` and `activate` start a flow as if an event of the person had come from Okta now, also for an Okta user whom
Offstage has not met. Okta stays the truth: who is entitled (in a managed group, and not deactivated) is not deactivated
by this, and who is not entitled is not activated; such a run ends as `not_current`. The brake counts these
deactivations like all others.

The audit names the command, the run, the time, and the operator: whoever has signed in by App Service, else `key`."""

EXPORT_RULES = """Each line or row is one act. While there are more acts than `top`, the header `Link` has the address
of the next page (`rel="next"`); it holds no key. The pages put one behind the other are one file: only the first of
CSV has the names of the columns. In CSV a text that a spreadsheet would run as a formula begins with an apostrophe, and
licenses are parted by `; `. An act appears when it is done, with the time at which its step began: leave a quarter of
an hour between the end of a period and its export."""

OPERATIONS = (
    Operation(
        function="list_members",
        method="get",
        path="/members",
        summary="Where everybody stands, page by page",
        query=MembersQuery,
        answer=People,
        refusals={**MALFORMED, **UNAVAILABLE},
    ),
    Operation(
        function="show_member",
        method="get",
        path="/members/{user}",
        summary="Where a person stands, and what was done",
        answer=PersonWithHistory,
        refusals={**NOBODY, **UNAVAILABLE},
    ),
    Operation(
        function="command_member",
        method="post",
        path="/members/{user}/{command}",
        summary="Tell a person's run what to do, or start one",
        description=COMMAND_RULES,
        bodies=(ExtendRequest, NoArguments),
        answer=Accepted,
        status=HTTPStatus.ACCEPTED,
        refusals={**MALFORMED, **NO_COMMAND, **UNAVAILABLE},
    ),
    Operation(
        function="release_held",
        method="post",
        path="/members/release",
        summary="Release everybody whom the brake holds, or those named, in the order in which they were held",
        bodies=(ReleaseRequest,),
        answer=Released,
        status=HTTPStatus.ACCEPTED,
        refusals={**MALFORMED, **NOT_HELD, **UNAVAILABLE},
    ),
    Operation(
        function="export_audit",
        method="get",
        path="/audit",
        summary="The acts of a period, the newest first, as JSON lines, or as CSV if that is what `Accept` asks for",
        description=EXPORT_RULES,
        query=AuditQuery,
        answer=AuditLine,
        refusals={**MALFORMED, **NOBODY, **UNAVAILABLE},
        media_types=(JSON_LINES, CSV),
    ),
    Operation(
        function="report_audit",
        method="get",
        path="/audit/report",
        summary="What a period comes to: people, minutes until accounts were disabled, licenses freed, by SKU",
        query=ReportQuery,
        answer=AuditReport,
        refusals={**MALFORMED, **UNAVAILABLE},
    ),
    Operation(
        function="start_drift_check",
        method="post",
        path="/members/reconcile",
        summary="Compare the managed groups with the tenant, and mend what differs if told to",
        bodies=(ReconcileRequest,),
        answer=RunAccepted,
        status=HTTPStatus.ACCEPTED,
        refusals={**MALFORMED, **UNAVAILABLE},
    ),
    Operation(
        function="catch_up_now",
        method="post",
        path="/catch-up",
        summary="Read Okta's System Log on now, as the timer does every five minutes",
        bodies=(NoArguments,),
        answer=Reading,
        status=HTTPStatus.ACCEPTED,
        refusals={**MALFORMED, **UNAVAILABLE},
    ),
    Operation(
        function="start_store",
        method="post",
        path="/licenses/store",
        summary="Store the tenant's licenses in the catalog",
        bodies=(StoreRequest,),
        answer=RunAccepted,
        status=HTTPStatus.ACCEPTED,
        refusals={**MALFORMED, **UNAVAILABLE},
    ),
    Operation(
        function="start_clear",
        method="delete",
        path="/licenses",
        summary="Empty the catalog, for one group or all",
        query=GroupQuery,
        answer=RunAccepted,
        status=HTTPStatus.ACCEPTED,
        refusals={**MALFORMED, **UNAVAILABLE},
    ),
    Operation(
        function="list_licenses",
        method="get",
        path="/licenses",
        summary="The catalog; as CSV for a spreadsheet if that is what `Accept` asks for",
        query=GroupQuery,
        answer=Licenses,
        refusals=UNAVAILABLE,
        media_types=("application/json", "text/csv"),
    ),
    Operation(
        function="choose_license",
        method="patch",
        path="/licenses/{group}/{skuId}",
        summary="Choose whether newcomers to a group are given a license",
        bodies=(ChoiceRequest,),
        answer=License,
        refusals={**MALFORMED, **NO_SKU, **UNAVAILABLE},
    ),
    Operation(
        function="show_run",
        method="get",
        path="/runs/{instance}",
        summary="How a run is doing: 202 while it goes on, 200 when it has ended",
        answer=RunShown,
        also=(HTTPStatus.ACCEPTED,),
        refusals={**NO_RUN, **UNAVAILABLE},
    ),
    Operation(
        function="show_health",
        method="get",
        path="/health/details",
        summary="Each dependency and permission, tried by a harmless call, with what to do; 503 when a check fails",
        answer=HealthDetails,
        also=(HTTPStatus.SERVICE_UNAVAILABLE,),
    ),
    Operation(
        function="show_openapi",
        method="get",
        path="/openapi.json",
        summary="This document",
        answer=OpenApi,
    ),
)
