"""Store licenses: the tenant's subscribed SKUs into the license catalog, for every managed group or for one."""

import azure.durable_functions as df

from activities.catalog import find_managed_groups, store_group
from lifecycle.catalog import CatalogStage
from orchestrators.attempts import Steps
from orchestrators.per_group import finish, per_group

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def store_licenses(context: df.DurableOrchestrationContext) -> Steps:
    details = {
        "clear_first": (context.get_input() or {}).get("clear_first", False),
        # The same at every attempt, so that a store that goes on knows the rows it wrote before.
        "stored_at": context.current_utc_datetime.isoformat(),
    }
    outcomes, reasons = yield from per_group(context, find_managed_groups, store_group, CatalogStage.STORING, **details)
    return finish(context, CatalogStage.STORED, outcomes, reasons)
