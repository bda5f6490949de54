import FloorIOData
import FloorIOVenue
import Shared

/// Is it still the venue that we know, does it know us, and what time has it?
extension Gateway {
  // MARK: Drift

  /// At the start and once a minute.
  func readVersion() {
    link.version { [weak self] result in
      guard let self else { return }
      lookAt(result, "the version")
      if case .success(let answer) = result { found(sentinel.heard(version: answer)) }
    }
  }

  /// An answer without the shape that we know.
  func lookAt<Value>(_ result: Result<Value, VenueCallError>, _ kind: String) {
    switch result {
    case .success: found(sentinel.heard(kind, reads: true))
    case .failure(.malformed): found(sentinel.heard(kind, reads: false))
    case .failure: break
    }
  }

  func lookAt(_ status: VenueOrderStatus) {
    if !status.isOpen, !status.isFinal { found(sentinel.heard(unknown: status.word, in: "order status")) }
  }

  /// What the user stream tells of our orders and trades is asked for anyway.
  func lookAt(stranger kind: String) {
    guard let finding = sentinel.heard(news: kind) else { return }
    tell(GatewayNote(severity: .warning, code: "venue_news", detail: finding.description))
  }

  /// The market as an intent sees it, with what is strange about it.
  func view(_ slug: MarketSlug, _ outcome: Outcome) -> MarketView? {
    guard let view = shelf.view(slug, outcome) else { return nil }
    found(sentinel.heard(view.terms))
    let drift = sentinel.obstacle(slug) ?? driftingTokens[view.terms.token(outcome)]
    return MarketView(terms: view.terms, book: view.book, drift: drift)
  }

  private func found(_ finding: DriftSentinel.Finding?) {
    guard let finding else { return }
    tell(GatewayNote(severity: .critical, code: "venue_drift", detail: finding.description))
    applyMode()
  }

  // MARK: Our rate

  /// What the venue said of the rate at which we may ask; `VenueBudget` has followed it already.
  func heard(_ notice: VenueBudget.Notice) {
    switch notice {
    case .tier(let tier):
      process.log.info(
        "venue tier", [.text("tier", tier.rawValue), .text("orders_per_s", String(tier.ordersPerSecond))])
    case .strangeTier(let word):
      tell(
        GatewayNote(
          severity: .warning, code: "venue_tier",
          detail:
            "the venue names the tier '\(word.prefix(40))', which is none we know: we keep to half of \(VenueTier.standard.rawValue)"
        ))
    case .slower(let cancels):
      process.log.warning(
        "venue rate runs low, asking at half of it", [.text("bucket", cancels ? "cancels" : "orders")])
    }
  }

  // MARK: Our key

  /// One refusal may be the clock's fault: it is compared, and a question asked after that decides. No new key is ever asked for.
  func authenticated(_ accepted: Bool, asked: MonotonicTime) {
    if accepted {
      keyDoubtedAt = nil
    } else if let doubted = keyDoubtedAt {
      if asked > doubted { haltLocally("HALT-AUTH: the venue does not take our key any more", .blindness) }
    } else {
      link.measureClock { [weak self] result in
        guard let self, case .success(let offset) = result else { return }
        clockOffset = offset
        keyDoubtedAt = SystemClock.monotonic()
        pollOpenOrders()
      }
    }
  }

  // MARK: The venue's clock

  /// Every second, from the beginning: a question with a stamp that is far off is refused, and the gateway would never open.
  func measureClock() {
    guard !isClockAsked else { return }
    isClockAsked = true
    link.measureClock { [weak self] result in
      guard let self else { return }
      isClockAsked = false
      guard case .success(let offset) = result else { return }
      let wasTooFar = clockOffset.isTooFar
      clockOffset = offset
      guard offset.isTooFar != wasTooFar else { return }
      if offset.isTooFar {
        tell(
          GatewayNote(
            severity: .critical, code: "halt_clock",
            detail: "the venue's clock is \(offset.proven.milliseconds) ms away from ours"))
      }
      applyMode()
    }
  }
}
