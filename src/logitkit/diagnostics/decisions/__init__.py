"""What predictions are worth where they decide something: net benefit, and reclassification."""
