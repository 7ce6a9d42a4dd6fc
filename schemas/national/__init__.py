"""The platform's own shapes: its names, codes by region and version, how each region is read. All of it is data."""
