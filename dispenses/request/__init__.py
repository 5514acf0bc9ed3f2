"""What happens to a request: drafts, sending, decisions, their undoing, reminders, mails, receipt."""
