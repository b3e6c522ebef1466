"""Other programs' files: what comes in becomes a site, what goes out is read by others."""
