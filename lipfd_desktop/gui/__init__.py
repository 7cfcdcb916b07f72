"""The window: shows what the engine says and asks it for more; never computes evidence itself.

``app`` starts the program, ``main_window`` composes it, ``session`` holds what is open and runs jobs on worker
threads, ``evidence`` gathers results as they arrive; the rest are widgets that know only what they display.
"""
