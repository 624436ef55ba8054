"""What the console knows, as plain Python: no widget, no socket, no clock of its own."""
