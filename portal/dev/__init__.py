"""What only `make run` needs: a broker without a server, a mailbox, the demonstration."""
