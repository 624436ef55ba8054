"""Many calls on many engines: jobs out of the store, engines by a spawner, and never a call twice."""
