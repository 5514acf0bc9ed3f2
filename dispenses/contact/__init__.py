"""« Nous contacter »: a question to the centre, outside of a request, and its answer by mail."""
