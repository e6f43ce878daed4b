"""What the boards say of common statements: `claims` judges them, `page` writes them."""
