"""Small controls for notebooks; they call the same public functions as everybody and hold no arithmetic."""
