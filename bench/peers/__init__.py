"""Side-by-side runs of Copse and its peers. Entry: bench/compare."""
