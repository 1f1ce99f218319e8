"""`python -m notifier`: a notifier process of its own."""

from notifier.main import main

main()
