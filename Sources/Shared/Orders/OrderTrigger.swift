/// What can happen to an order. The first six are ours, the others are the venue's evidence.
public enum OrderTrigger: Hashable, Sendable, CaseIterable {
  /// Bytes and id were made.
  case sign
  /// The record holds them, and the bytes leave now.
  case send
  /// Given up; not one byte left.
  case withdraw
  /// A cancel leaves.
  case requestCancel
  /// No answer that proves anything: deadline, broken connection, unreadable or 5xx answer.
  case loseOutcome
  /// Enough look-ups over enough time did not find it.
  case proveAbsence

  /// The venue works it (answer, stream or look-up).
  case venueLive
  /// The venue holds it before matching.
  case venueDelayed
  /// The venue refused it.
  case venueRejected
  /// It works no more, all that it matched is booked, nothing of its size is left.
  case venueFilled
  /// It works no more, all that it matched is booked, a remainder was dropped.
  case venueCancelled
  /// A cancel was answered *not cancelled*: it was gone already, or it cannot be cancelled now.
  case cancelRefused
}

/// What the table says about a (state, trigger) pair.
public enum OrderStep: Hashable, Sendable {
  /// The order changes state.
  case to(OrderState)
  /// Legal, and nothing changes: a repeat, or news that came late.
  case stays
  /// The venue said what cannot be true of an order in this state. Handled and reported, never obeyed.
  case surprise
  /// Our own code cannot do this to an order in this state: a broken invariant.
  case impossible
}
