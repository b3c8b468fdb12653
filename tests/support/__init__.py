"""What tests stand on: databases, the cast, a browser without a screen."""
