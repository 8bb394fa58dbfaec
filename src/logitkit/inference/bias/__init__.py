"""What follows fits whose bias was reduced."""
