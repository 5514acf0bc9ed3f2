"""What is kept, how long and why; what forgets it, and what a person is given of it."""
