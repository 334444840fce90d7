"""The app on one machine: set-up, a host, stand-ins for Okta and Microsoft 365, stack, demo. Never deployed."""
