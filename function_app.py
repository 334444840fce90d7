"""Joins the rooms: one app, one registration per blueprint. A wrong setting ends the start here, by name."""

import azure.durable_functions as df

import wiring
from activities import brake, catalog, giving_back, intake, mail, members, microsoft365, okta, removal
from orchestrators import activation, clear_licenses, fan_out, staged_deactivation, store_licenses, tell_operators
from triggers import catch_up, license_catalog, okta_event_hook, purge, timers

wiring.settings()

app = df.DFApp()
app.register_functions(okta_event_hook.bp)
app.register_functions(license_catalog.bp)
app.register_functions(timers.bp)
app.register_functions(catch_up.bp)
app.register_functions(purge.bp)
app.register_functions(staged_deactivation.bp)
app.register_functions(activation.bp)
app.register_functions(store_licenses.bp)
app.register_functions(clear_licenses.bp)
app.register_functions(tell_operators.bp)
app.register_functions(fan_out.bp)
app.register_functions(members.bp)
app.register_functions(brake.bp)
app.register_functions(okta.bp)
app.register_functions(microsoft365.bp)
app.register_functions(removal.bp)
app.register_functions(giving_back.bp)
app.register_functions(catalog.bp)
app.register_functions(mail.bp)
app.register_functions(intake.bp)
