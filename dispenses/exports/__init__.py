"""Lists as CSV and XLSX files: what each holds, how a cell is made harmless, how it leaves in bounded memory."""
