// What the auditor computes: the books again, from orders and fills alone, by code that shares nothing with the gateway's, the
// database's functions or the venue's. May use `Values` and `Runtime`.
