"""Taking over the settings and the license table of the Okta Workflows flow pack that this app replaces."""
