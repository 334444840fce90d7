"""Pictures of the pages, for the README and for whoever changes them. The people in them are made up."""
