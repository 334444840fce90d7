"""What both stand-ins share: users and state, the clock, faults, the request log, control routes, server, command."""
