"""What starts work. Nothing here outlives the request."""
