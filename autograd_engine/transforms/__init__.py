"""What is built on the sweep: transforms of functions, checkpoints, custom functions, the gradient
checker, the graph as a program.
"""
