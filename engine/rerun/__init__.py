"""A recorded call once more through today's rooms, in virtual time; and what can be made such a call."""
