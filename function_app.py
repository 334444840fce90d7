"""Joins the rooms: one app, one registration per blueprint. A wrong setting ends the start here, by name."""

import azure.durable_functions as df

import wiring
from activities import (
    accounts,
    brake,
    catalog,
    commands,
    drift,
    giving_back,
    intake,
    left_groups,
    mail,
    managers,
    members,
    microsoft365,
    okta,
    operator_mail,
    outbox,
    removal,
    system_log,
)
from orchestrators import (
    activation,
    clear_licenses,
    deliver_mails,
    fan_out,
    reconcile_members,
    staged_deactivation,
    store_licenses,
    tell_operators,
)
from triggers import audit as audit_routes
from triggers import (
    catch_up,
    command_delivery,
    dashboard,
    dashboard_catalog,
    dashboard_health,
    dashboard_held,
    dashboard_overview,
    dashboard_people,
    dashboard_person,
    empty_outbox,
    health,
    health_details,
    license_catalog,
    okta_event_hook,
    openapi,
    purge,
    runs,
    timers,
)
from triggers import drift as drift_check
from triggers import members as member_routes

wiring.settings()

app = df.DFApp()
app.register_functions(okta_event_hook.bp)
app.register_functions(license_catalog.bp)
app.register_functions(runs.bp)
app.register_functions(member_routes.bp)
app.register_functions(audit_routes.bp)
app.register_functions(command_delivery.bp)
app.register_functions(dashboard.bp)
app.register_functions(dashboard_overview.bp)
app.register_functions(dashboard_people.bp)
app.register_functions(dashboard_person.bp)
app.register_functions(dashboard_held.bp)
app.register_functions(dashboard_catalog.bp)
app.register_functions(dashboard_health.bp)
app.register_functions(openapi.bp)
app.register_functions(health.bp)
app.register_functions(health_details.bp)
app.register_functions(timers.bp)
app.register_functions(catch_up.bp)
app.register_functions(purge.bp)
app.register_functions(empty_outbox.bp)
app.register_functions(drift_check.bp)
app.register_functions(staged_deactivation.bp)
app.register_functions(activation.bp)
app.register_functions(store_licenses.bp)
app.register_functions(clear_licenses.bp)
app.register_functions(tell_operators.bp)
app.register_functions(deliver_mails.bp)
app.register_functions(fan_out.bp)
app.register_functions(reconcile_members.bp)
app.register_functions(members.bp)
app.register_functions(commands.bp)
app.register_functions(accounts.bp)
app.register_functions(left_groups.bp)
app.register_functions(brake.bp)
app.register_functions(okta.bp)
app.register_functions(system_log.bp)
app.register_functions(microsoft365.bp)
app.register_functions(removal.bp)
app.register_functions(giving_back.bp)
app.register_functions(catalog.bp)
app.register_functions(drift.bp)
app.register_functions(managers.bp)
app.register_functions(mail.bp)
app.register_functions(operator_mail.bp)
app.register_functions(outbox.bp)
app.register_functions(intake.bp)
