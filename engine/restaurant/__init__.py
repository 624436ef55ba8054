"""A restaurant that answers SIP calls: a scenario's persona with ears of its own. All it knows is what it hears."""
