"""The whole app on one machine: tables, the two stand-ins and the host, started, watched and stopped together."""
