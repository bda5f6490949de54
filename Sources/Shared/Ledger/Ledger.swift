// Ledger: double entry as arithmetic. Uses Values, Market, Orders, Execution (fills). The record's own functions (sql/README.md, "The money") book by the
// same rules in SQL; this is the independent statement of them, for tests and replays. The auditor has a third, of its own.
//
//   LedgerEntry · LedgerTransaction   lines that sum to zero per asset     LedgerBooks   accounts as sums of transactions
