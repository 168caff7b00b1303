"""What a database already holds, and how a build makes use of it."""
