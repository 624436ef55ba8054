"""Scenarios and recorded calls, held again and measured; what came of them."""
