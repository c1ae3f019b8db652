"""The page on which a cohort is built."""
