"""`python -m query_api`: a query process of its own."""

from query_api.main import main

main()
