"""The page that says what happened to the persons of some cohorts."""
