extension OrderState {
  /// The whole life of an order as one table: (state, trigger) → step.
  ///
  /// The odd rows, and why they are legal:
  /// - a cancel is wanted while the outcome is open (SENDING, UNKNOWN): it leaves, the state waits for evidence;
  /// - CANCEL_SENT → FILLED: the fill raced the cancel;
  /// - a terminal order hears old news: streams repeat, polls overlap;
  /// - VOID, REJECTED and news of life: what was proven absent appeared after all. Its state stays, but it is ours: it is cancelled,
  ///   what it traded is booked, and an alarm is raised;
  /// - LIVE → CANCELLED by proven absence: the venue forgets ended orders, so an order that once lived and is nowhere has ended.
  public func step(_ trigger: OrderTrigger) -> OrderStep {
    switch (self, trigger) {
    case (.reserved, .sign): .to(.signed)
    case (.reserved, .withdraw): .to(.expiredUnsent)
    case (.reserved, .send), (.reserved, .requestCancel), (.reserved, .loseOutcome), (.reserved, .proveAbsence):
      .impossible
    case (.reserved, .venueLive), (.reserved, .venueDelayed), (.reserved, .venueRejected), (.reserved, .venueFilled),
      (.reserved, .venueCancelled), (.reserved, .cancelRefused):
      .surprise

    case (.signed, .send): .to(.sending)
    case (.signed, .withdraw): .to(.expiredUnsent)
    case (.signed, .sign), (.signed, .requestCancel), (.signed, .loseOutcome), (.signed, .proveAbsence): .impossible
    case (.signed, .venueLive), (.signed, .venueDelayed), (.signed, .venueRejected), (.signed, .venueFilled),
      (.signed, .venueCancelled), (.signed, .cancelRefused):
      .surprise

    case (.sending, .venueLive): .to(.live)
    case (.sending, .venueDelayed): .to(.delayed)
    case (.sending, .venueRejected): .to(.rejected)
    case (.sending, .venueFilled): .to(.filled)
    case (.sending, .venueCancelled): .to(.cancelled)
    case (.sending, .loseOutcome): .to(.unknown)
    case (.sending, .requestCancel), (.sending, .cancelRefused): .stays
    case (.sending, .sign), (.sending, .send), (.sending, .withdraw), (.sending, .proveAbsence): .impossible

    case (.live, .venueFilled): .to(.filled)
    case (.live, .venueCancelled), (.live, .proveAbsence): .to(.cancelled)
    case (.live, .requestCancel): .to(.cancelSent)
    case (.live, .venueLive), (.live, .venueDelayed), (.live, .loseOutcome), (.live, .cancelRefused): .stays
    case (.live, .venueRejected): .surprise
    case (.live, .sign), (.live, .send), (.live, .withdraw): .impossible

    case (.delayed, .venueLive): .to(.live)
    case (.delayed, .venueRejected): .to(.rejected)
    case (.delayed, .venueFilled): .to(.filled)
    case (.delayed, .venueCancelled), (.delayed, .proveAbsence): .to(.cancelled)
    case (.delayed, .requestCancel): .to(.cancelSent)
    case (.delayed, .venueDelayed), (.delayed, .loseOutcome), (.delayed, .cancelRefused): .stays
    case (.delayed, .sign), (.delayed, .send), (.delayed, .withdraw): .impossible

    case (.cancelSent, .venueFilled): .to(.filled)
    case (.cancelSent, .venueCancelled), (.cancelSent, .proveAbsence): .to(.cancelled)
    case (.cancelSent, .requestCancel), (.cancelSent, .venueLive), (.cancelSent, .venueDelayed),
      (.cancelSent, .loseOutcome), (.cancelSent, .cancelRefused):
      .stays
    case (.cancelSent, .venueRejected): .surprise
    case (.cancelSent, .sign), (.cancelSent, .send), (.cancelSent, .withdraw): .impossible

    case (.unknown, .venueLive): .to(.live)
    case (.unknown, .venueDelayed): .to(.delayed)
    case (.unknown, .venueRejected): .to(.rejected)
    case (.unknown, .venueFilled): .to(.filled)
    case (.unknown, .venueCancelled): .to(.cancelled)
    case (.unknown, .proveAbsence): .to(.void)
    case (.unknown, .requestCancel), (.unknown, .loseOutcome), (.unknown, .cancelRefused): .stays
    case (.unknown, .sign), (.unknown, .send), (.unknown, .withdraw): .impossible

    case (.filled, .venueLive), (.filled, .venueDelayed), (.filled, .venueFilled), (.filled, .venueCancelled),
      (.filled, .cancelRefused), (.filled, .loseOutcome), (.filled, .requestCancel), (.filled, .proveAbsence):
      .stays
    case (.filled, .venueRejected): .surprise
    case (.filled, .sign), (.filled, .send), (.filled, .withdraw): .impossible

    case (.cancelled, .venueLive), (.cancelled, .venueDelayed), (.cancelled, .venueFilled),
      (.cancelled, .venueCancelled),
      (.cancelled, .cancelRefused), (.cancelled, .loseOutcome), (.cancelled, .requestCancel),
      (.cancelled, .proveAbsence):
      .stays
    case (.cancelled, .venueRejected): .surprise
    case (.cancelled, .sign), (.cancelled, .send), (.cancelled, .withdraw): .impossible

    case (.rejected, .venueRejected), (.rejected, .cancelRefused), (.rejected, .loseOutcome),
      (.rejected, .requestCancel),
      (.rejected, .proveAbsence):
      .stays
    case (.rejected, .venueLive), (.rejected, .venueDelayed), (.rejected, .venueFilled), (.rejected, .venueCancelled):
      .surprise
    case (.rejected, .sign), (.rejected, .send), (.rejected, .withdraw): .impossible

    case (.expiredUnsent, .withdraw), (.expiredUnsent, .requestCancel): .stays
    case (.expiredUnsent, .venueLive), (.expiredUnsent, .venueDelayed), (.expiredUnsent, .venueRejected),
      (.expiredUnsent, .venueFilled), (.expiredUnsent, .venueCancelled), (.expiredUnsent, .cancelRefused):
      .surprise
    case (.expiredUnsent, .sign), (.expiredUnsent, .send), (.expiredUnsent, .loseOutcome),
      (.expiredUnsent, .proveAbsence):
      .impossible

    case (.void, .venueLive), (.void, .venueDelayed), (.void, .venueFilled): .surprise
    case (.void, .venueCancelled), (.void, .venueRejected), (.void, .cancelRefused), (.void, .loseOutcome),
      (.void, .requestCancel), (.void, .proveAbsence):
      .stays
    case (.void, .sign), (.void, .send), (.void, .withdraw): .impossible
    }
  }
}
