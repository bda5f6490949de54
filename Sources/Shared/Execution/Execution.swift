// Execution: what happens to an order once risk has approved it. Uses Values, Market and Orders.
//
//   Matching/   the venue's order book, pure (used by the simulated venue and by paper trading)
//   Orders/     the life of an order and the meaning of the venue's answers
