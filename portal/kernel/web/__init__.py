"""What the browser meets: pages, forms, problems and the files they refer to."""
