"""A stand-in for an Okta org: users, groups, the System Log and event hooks, over HTTP, on this machine only."""
