"""Who is in: cohort definitions, concept sets, and the engine that turns a definition into rows."""
