"""What the law says: motifs, their questions and answers, editions, actes."""
