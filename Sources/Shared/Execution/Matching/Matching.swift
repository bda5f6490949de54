// Matching: the venue's order book as a pure structure. One book per market seen from two sides: a bid for YES at p is the same
// liquidity as an ask for NO at 1 − p, so an order can meet its counterpart (complementary), a buyer of the other outcome (mint) or a
// seller of the other outcome (merge). Price first, then time; the maker gets its own price, the taker the improvement.
// Uses Values, Market (Outcome) and Orders (Side, TimeInForce). No clock: expiry is the caller's `cancel`. No accounts: keys only.
//
//   BookOrder      what is submitted            BookFill       one maker met by the taker
//   Submission     what became of it            LevelChange    a price level whose total is new
//   MatchingBook   the book                     BookLadder     one side of it (not public)
