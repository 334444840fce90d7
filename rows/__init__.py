"""The app's own tables: a module each, with a typed row and the only words for its columns, keys and filters."""
