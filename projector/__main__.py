"""`python -m projector`: a projector process of its own."""

from projector.main import main

main()
