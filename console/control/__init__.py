"""What the keys do: each control handles some ids of the action table, through the desk it is given."""
