"""What follows a penalised fit: its certificate, its posterior."""
