"""Panes: each is told what to show with `sync`, and tells what was done with a message."""
