"""The command that starts a Microsoft 365 tenant on this machine."""

from local.m365_tenant.sample_tenant import seed_sample_people
from local.m365_tenant.server import make_app
from local.m365_tenant.tenant import M365Tenant
from local.stand_in.command import StandInCommand

_COMMAND = StandInCommand(
    name="Microsoft 365 tenant stand-in",
    kind="tenant",
    default_port=7081,
    restore=lambda data: M365Tenant(data=data),
    seed_sample_people=seed_sample_people,
    make_app=make_app,
)
add_arguments = _COMMAND.add_arguments
run = _COMMAND.run
