"""The imports room: what another system kept becomes history here, to be searched, no clock."""
