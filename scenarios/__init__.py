"""Simulated calls as YAML, by language. README.md is the manual of the format; engine/scenario.py reads it."""
