"""The engine: one line from file to result, shared by the window, the command line and the tests."""
