// Messages: what travels between processes, as readable JSON: one file a message, one file that names every channel and key.
// Uses `Values`, `Runtime`, `Market`, `Orders`. Reading is strict and typed (`MessageFields`): a field that is missing or malformed is
// named in the error, an unknown field is ignored (a newer writer may add some), an unknown version is refused.
