"""What happened: statistics on data frames, and the one room of them that reads a database, `dataset`."""
