"""The main job once, end to end, watched from outside: Okta's delivery log, the tenant, the mailbox."""
