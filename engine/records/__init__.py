"""Calls of the past, from their folders: listed, told, proved whole, handed on without names, thrown away."""
