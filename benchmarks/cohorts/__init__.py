"""How fast cohorts are generated."""
