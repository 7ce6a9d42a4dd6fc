"""What pages for people share: HTML, charts, words, the font."""
