"""What follows from an estimate and its covariance: free functions of a record, returning frozen results."""
