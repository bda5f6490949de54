// Orders: what an order is, apart from who wants it and how it is sent. Uses Values, Runtime (JSON) and Market.
//
//   OrderTerms.swift    side, time in force            OrderState          the life of an order
//   MarketTerms         what the venue demands         OrderTrigger        what can happen to it
//   OrderAmounts        the two signed numbers         OrderState+Table    (state, trigger) → step: the whole table
//   SubmitOutcome       what an answer to POST proves  SettlementState     the other axis: has a fill become final?
//   DriftSentinel       is it the venue that we know?
//   RejectCode          why the venue refused          VenueMode           how the venue trades now
//   StrategyClass       what its sender lives from
//
// Order state and settlement state are separate axes: an order can be finished while one of its fills is still reversible.
