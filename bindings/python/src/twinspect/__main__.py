"""``python -m twinspect`` is the command line."""
from ._program import main

main()
