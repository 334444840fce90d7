"""The command that starts an Okta org on this machine."""

from local.okta_org.org import OktaOrg
from local.okta_org.sample_org import seed_sample_people
from local.okta_org.server import make_app
from local.stand_in.command import StandInCommand

_COMMAND = StandInCommand(
    name="Okta org stand-in",
    kind="org",
    default_port=7080,
    restore=lambda data: OktaOrg(data=data),
    seed_sample_people=seed_sample_people,
    make_app=make_app,
)
add_arguments = _COMMAND.add_arguments
run = _COMMAND.run
