"""What tensors have besides operations: how they are made, shown, asked, changed in place, and how
NumPy sees them.
"""
