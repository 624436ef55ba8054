"""Where events come from and commands go to."""
