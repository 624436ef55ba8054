"""A recorded call once more through today's rooms, in virtual time; recordings and marked moments as calls to do it with."""
