"""A restaurant played by a language model: an option of simulated calls."""
