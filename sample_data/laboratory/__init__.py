"""The laboratory: which samples are taken, and what is measured in them."""
