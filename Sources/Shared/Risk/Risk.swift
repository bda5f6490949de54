// Risk: who says no, and with which numbers. Uses Values, Market, Orders, Messages. Pure: the picture comes in, a verdict goes out.
//
//   FloorMode      what the floor may do now                     RiskLimits   the configured numbers
//   RiskGate       one wish + one picture → approved or refused  RiskPicture  what the gate looks at
//   Refusal        a stable code and the compared numbers        FloorGuard   daily loss, drawdown → a mode
//   PriceZone      who may enter at which price                LimitRule    how much of what, and of whom together
//   OwnOrder       which orders of one wallet would meet
//
// A refusal is a value, not an error: it is recorded, published and counted by its code.
