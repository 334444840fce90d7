"""The administrators' command line: over the app's routes and Okta's API, or on a settings file alone."""
