"""The field: what engineers do on site, without network; the server's side of it."""
