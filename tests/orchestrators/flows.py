"""Every flow by its name, as the plain generator function."""

from collections.abc import Mapping

from orchestrators.activation import activation
from orchestrators.clear_licenses import clear_licenses
from orchestrators.deliver_mails import deliver_mails
from orchestrators.fan_out import fan_out
from orchestrators.reconcile_members import reconcile_members
from orchestrators.staged_deactivation import staged_deactivation
from orchestrators.store_licenses import store_licenses
from orchestrators.tell_operators import tell_operators
from tests.orchestrators.plain import Orchestrator, orchestrator_of

TRIGGERS = (
    staged_deactivation,
    activation,
    store_licenses,
    clear_licenses,
    reconcile_members,
    tell_operators,
    deliver_mails,
    fan_out,
)
FLOWS: Mapping[str, Orchestrator] = {each.__name__: each for each in map(orchestrator_of, TRIGGERS)}
