"""Reports for people: one HTML file that needs nothing else, of a call or of an evaluation."""
