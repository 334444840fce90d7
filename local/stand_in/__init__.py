"""What both stand-ins share: the clock, faults, the request log, the state file and the server."""
