"""The page that says whether a trial can be filled."""
