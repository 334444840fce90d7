"""The pages for operators: templates, one style sheet, and pure functions from what is known to what is shown."""
