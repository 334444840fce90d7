"""A browser for the tests of the pages and for their pictures, and axe-core, which looks for barriers on them."""
