"""From the mapping document to set-based SQL, one room of the document at a time."""
