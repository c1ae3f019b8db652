"""The cohort engine: a definition becomes a plan of nodes, and nodes are evaluated together by kind and shape."""
