"""What a user holds of fits to multiply imputed tables."""
