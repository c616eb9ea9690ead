"""What a server must survive: very many clients, slow ones, hostile ones, and too many calls."""
