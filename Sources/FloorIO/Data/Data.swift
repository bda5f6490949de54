// Data: PostgreSQL, Redis, processes, control sockets, files, configuration text. What every process needs.
