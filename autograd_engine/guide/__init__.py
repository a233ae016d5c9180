"""What guides through the package: the table of the ops, and the tour."""
