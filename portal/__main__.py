"""``python -m portal``: serve, migrate, demonstrate, keep and check the portal."""

from portal.commands.main import main

main()
