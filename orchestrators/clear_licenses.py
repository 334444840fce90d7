"""Clear licenses: empties the license catalog, of every group that has rows or of one."""

import azure.durable_functions as df

from activities.catalog import clear_group, find_cataloged_groups
from lifecycle.catalog import CatalogStage, ClearedGroup, FoundGroups
from lifecycle.entitlement import Group
from lifecycle.inputs import CLEAR_LICENSES, CatalogInput, read_input
from lifecycle.retries import Failure
from orchestrators.instance import Instance, Retries, Steps
from orchestrators.per_group import CatalogOutput, per_group

bp = df.Blueprint()


@bp.orchestration_trigger(context_name="context")
def clear_licenses(context: df.DurableOrchestrationContext) -> Steps[CatalogOutput]:
    """Input: lifecycle.inputs.CatalogInput, or nothing."""
    instance, asked = Instance(context), read_input(CatalogInput, CLEAR_LICENSES, context.get_input())

    def find(retries: Retries) -> Steps[FoundGroups | Failure]:
        return instance.persist(retries, find_cataloged_groups, group=asked.group)

    def clear(group: Group, retries: Retries) -> Steps[ClearedGroup | Failure]:
        return instance.persist(retries, clear_group, group=group)

    stages = CatalogStage.CLEARING, CatalogStage.CLEARED
    return (yield from per_group(instance, asked.group, find, clear, stages))
