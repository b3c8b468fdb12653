"""What phones ask for, and the office's pages about them."""
