"""A stand-in for a Microsoft 365 tenant: Microsoft Graph v1.0 over HTTP, on this machine only."""
