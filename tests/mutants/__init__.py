"""`make mutants`: change the code in one place after the other, and see whether a test notices."""
