"""What an engine must get right, behaviour by behaviour; each test is named after the behaviour it
holds the engine to.
"""
