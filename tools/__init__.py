"""What builds parts of the project; nothing of it is installed."""
