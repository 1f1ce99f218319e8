"""`python -m command_api`: a command process of its own."""

from command_api.main import main

main()
