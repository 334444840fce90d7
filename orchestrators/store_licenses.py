"""Store licenses: the tenant's subscribed SKUs into the license catalog, for every managed group or for one."""

import azure.durable_functions as df

from activities.catalog import find_managed_groups, store_group
from lifecycle.catalog import CatalogStage, FoundGroups, StoredGroup
from lifecycle.entitlement import Group
from lifecycle.inputs import STORE_LICENSES, CatalogInput, read_input
from lifecycle.retries import Failure
from orchestrators.instance import Instance, Retries, Steps
from orchestrators.per_group import CatalogOutput, per_group

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def store_licenses(context: df.DurableOrchestrationContext) -> Steps[CatalogOutput]:
    """Input: lifecycle.inputs.CatalogInput, or nothing."""
    instance, asked = Instance(context), read_input(CatalogInput, STORE_LICENSES, context.get_input())
    # The same at every attempt, so that a store that goes on knows the rows it wrote before.
    stored_at = instance.now

    def find(retries: Retries) -> Steps[FoundGroups | Failure]:
        return instance.persist(retries, find_managed_groups, group=asked.group)

    def store(group: Group, retries: Retries) -> Steps[StoredGroup | Failure]:
        return instance.persist(retries, store_group, group=group, stored_at=stored_at, clear_first=asked.clear_first)

    stages = CatalogStage.STORING, CatalogStage.STORED
    return (yield from per_group(instance, asked.group, find, store, stages))
