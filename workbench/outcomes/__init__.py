"""What customers, users and the operation tell about each product, line, stream and experience, and what is signal."""
