"""How the database's schema came to be, one numbered file a change; a released file never changes."""
