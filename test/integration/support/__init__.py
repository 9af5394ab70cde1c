"""What the integration tests are made of. Each module is a kind of actor; conftest.py hands them out."""
