"""LipFD Desktop: examine a talking-head video for lip-sync forgery.

The packages follow the data: ``media`` (files) -> ``tracks`` (faces) -> ``windows`` (network input) ->
``network`` (scores) -> ``result`` (what was found) -> ``report`` (what is exported).  ``engine`` runs that
line for everybody; ``cli`` and ``gui`` only ask it and show what it says.
"""

from typing import Final

__version__: Final = "0.1.0"
