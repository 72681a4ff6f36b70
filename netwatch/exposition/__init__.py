"""The series store and its renderer: pure, and passed in to whoever counts something."""
