"""Clear licenses: empties the license catalog, of every group that has rows or of one."""

import azure.durable_functions as df

from activities.catalog import clear_group, find_cataloged_groups
from lifecycle.catalog import CatalogStage
from orchestrators.attempts import Steps
from orchestrators.per_group import finish, per_group

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def clear_licenses(context: df.DurableOrchestrationContext) -> Steps:
    outcomes, reasons = yield from per_group(context, find_cataloged_groups, clear_group, CatalogStage.CLEARING)
    return finish(context, CatalogStage.CLEARED, outcomes, reasons)
