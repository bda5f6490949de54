import FloorTestSupport
import Shared
import Testing

/// What the venue's word about our signer changes in what we ask.
@Suite struct SignerBudgetTests {
  private static let second: Int64 = 1000
  private let venue = WallTime(seconds: 1_800_000_000)

  private func at(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

  private func standing(
    _ remaining: String? = nil, reset: String? = nil, tier: String? = nil, warning: String? = nil
  ) throws -> SignerStanding {
    let parts = ["remaining": remaining, "reset": reset, "tier": tier, "warning": warning].compactMapValues { $0 }
    let headers = Dictionary(uniqueKeysWithValues: parts.map { ("poly-ratelimit-" + $0.key, $0.value) })
    return try #require(SignerStanding(headers: headers))
  }

  /// How many orders go in ten seconds when somebody asks as often as can be.
  private func tenSeconds(
    _ budget: VenueBudget, _ endpoint: VenueEndpoint = .postOrder, items: Int = 1, from start: Int64 = 0
  ) -> Int {
    var budget = budget
    return (0..<10_000).count { budget.admit(endpoint, items: items, at(start + Int64($0))) == .zero }
  }

  @Test("The headers read in their forms: whole and broken numbers, debts, tiers of any case, the warning's one word")
  func headers() throws {
    let usual = try standing("59", reset: "1800000007", tier: "Standard", warning: "true")
    #expect(usual.remaining == 59 && usual.reset == WallTime(seconds: 1_800_000_007) && usual.isWarned)
    #expect(VenueTier(header: usual.tier ?? "") == .standard && VenueTier(header: "ELITE") == .elite)
    let broken = try standing("0.97", reset: "1800000006.250000001")
    #expect(broken.remaining == 0 && broken.reset == WallTime(seconds: 1_800_000_007) && !broken.isWarned)
    #expect(
      try standing("-0.5").remaining == -1 && standing("-141").remaining == -141 && standing("3.0").remaining == 3)
    #expect(try standing("1", reset: "1800000006.0").reset == WallTime(seconds: 1_800_000_006))
    // What does not read is missing, whatever stands beside it.
    for wrong in ["", "many", "1e3", "0x10", "1.", "1.2.3", "99999999999999999999", " 5"] {
      let read = try standing(wrong, reset: wrong, tier: "gold", warning: wrong)
      #expect(read.remaining == nil && read.reset == nil && read.tier == "gold" && !read.isWarned, "'\(wrong)'")
    }
    #expect(try standing("1", reset: "-1").reset == nil && standing("1", reset: "7258118400").reset == nil)
    #expect(SignerStanding(headers: ["content-type": "application/json", "poly-ratelimit-warning": "false"]) == nil)
    #expect(SignerStanding(headers: ["poly-ratelimit-tier": ""]) == nil)
  }

  @Test(
    "Half of the tier that the venue names, in orders and in cancels, whatever was thought before",
    arguments: VenueTier.allCases)
  func tiers(tier: VenueTier) throws {
    let rate = Int(tier.ordersPerSecond)
    for thought in [Int64(2), 40, 900] {
      var budget = VenueBudget(ordersPerSecond: thought, seed: 1)
      for endpoint in [VenueEndpoint.postOrder, .cancelOrder] {
        let notices = budget.heard(
          try standing("1000", tier: tier.rawValue), after: endpoint, at(0), venue: venue)
        #expect(notices == (endpoint == .postOrder && thought != tier.ordersPerSecond ? [.tier(tier)] : []))
      }
      // Another rate begins with nothing saved. Other limits of the venue bind before the high tiers do.
      let orders = tenSeconds(budget, from: thought == tier.ordersPerSecond ? 0 : 10)
      let burst = thought == tier.ordersPerSecond ? rate * 3 / 4 : 0
      #expect(orders <= rate * 5 + burst + 1 && orders >= min(rate * 5, 1700) - 1, "\(orders) of \(rate)")
    }
  }

  @Test("Twice as many cancels as orders")
  func cancels() throws {
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    #expect(
      try budget.heard(standing("1000", tier: "bronze"), after: .cancelOrder, at(0), venue: venue) == [.tier(.bronze)])
    #expect((398...401).contains(tenSeconds(budget)) && (798...801).contains(tenSeconds(budget, .cancelOrder)))
  }

  @Test("A tier that nobody knows is told once and taken for the lowest, until the venue names one that is known")
  func strangeTier() throws {
    var budget = VenueBudget(ordersPerSecond: 600, seed: 1)
    var notices: [VenueBudget.Notice] = []
    for millisecond in 0..<50 {
      notices += budget.heard(
        try standing("1000", tier: "mythril"), after: .postOrder, at(Int64(millisecond)), venue: venue)
    }
    #expect(notices == [.strangeTier("mythril")])
    #expect((198...201).contains(tenSeconds(budget, from: 50)))
    #expect(
      try budget.heard(standing("1000", tier: "silver"), after: .postOrder, at(60), venue: venue) == [.tier(.silver)])
    #expect((998...1001).contains(tenSeconds(budget, from: 60)))
  }

  @Test("A batch counts as many orders as it holds, in the signer's bucket and not as requests")
  func batches() {
    let budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    // A burst of 30 and 200 more: fifteen at a time.
    #expect((14...16).contains(tenSeconds(budget, .postOrders, items: 15)))
    #expect((14...16).contains(tenSeconds(budget, .cancelOrders, items: 30)))
    var mixed = budget
    #expect(mixed.admit(.postOrders, items: 15, at(0)) == .zero && mixed.admit(.postOrders, items: 15, at(0)) == .zero)
    #expect(mixed.admit(.postOrder, at(0)) == .milliseconds(50))
  }

  @Test(
    "An empty bucket is left alone until the venue says that the wait is over, with orders of every form; cancels go on"
  )
  func empty() throws {
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    _ = budget.heard(try standing("0", reset: "1800000002"), after: .postOrder, at(0), venue: venue)
    #expect(budget.admit(.postOrder, at(500)) == .milliseconds(1500))
    #expect(budget.admit(.postOrders, items: 3, at(500)) == .milliseconds(1500))
    #expect(budget.admit(.cancelOrder, at(500)) == .zero && budget.admit(.ownOrders, at(500)) == .zero)
    #expect(budget.admit(.postOrder, at(2000)) == .zero)
    // The wait is over already, or was never told: then our own rate is all that binds.
    for reset in ["1800000000", "1799999990", nil] {
      var other = VenueBudget(ordersPerSecond: 40, seed: 1)
      _ = other.heard(try standing("0", reset: reset), after: .cancelOrder, at(0), venue: venue)
      #expect(other.admit(.cancelOrder, at(1)) == .zero)
    }
    // An absurd wait is taken within reason.
    _ = budget.heard(try standing("-5", reset: "1900000000"), after: .cancelAll, at(2000), venue: venue)
    #expect(budget.admit(.cancelOrder, at(2000)) == .seconds(60))
  }

  @Test(
    "What runs low or is warned of is asked at half the rate, before any 429, and at half of that while it stays so; after quiet it is as before",
    arguments: [("14", nil), ("60", "true"), (nil, "true")] as [(String?, String?)])
  func slower(remaining: String?, warning: String?) throws {
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    let word = try standing(remaining, warning: warning)
    #expect(budget.heard(word, after: .postOrder, at(0), venue: venue) == [.slower(cancels: false)])
    // A whole burst of answers that say the same is one reason.
    for millisecond in 1..<Self.second {
      #expect(budget.heard(word, after: .postOrder, at(millisecond), venue: venue) == [])
    }
    let half = tenSeconds(budget, from: Self.second)
    #expect((113...116).contains(half), "\(half)")
    #expect(tenSeconds(budget, .cancelOrder, from: Self.second) >= 458, "cancels have their own")
    for second in 1...5 { _ = budget.heard(word, after: .postOrder, at(Int64(second) * Self.second), venue: venue) }
    let eighth = tenSeconds(budget, from: 6 * Self.second)
    #expect((27...29).contains(eighth), "\(eighth)")
    let good = try standing("50")
    for second in 6...150 { _ = budget.heard(good, after: .postOrder, at(Int64(second) * Self.second), venue: venue) }
    #expect((228...231).contains(tenSeconds(budget, from: 160 * Self.second)))
  }

  @Test("Other answers say nothing of the signer")
  func others() throws {
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    let word = try standing("0", reset: "1800000050", tier: "elite", warning: "true")
    for endpoint in VenueEndpoint.allCases where !endpoint.isOfSigner {
      #expect(budget.heard(word, after: endpoint, at(0), venue: venue).isEmpty)
    }
    #expect((228...231).contains(tenSeconds(budget)))
  }

  @Test(
    "Any whole number that a header can hold is heard without harm",
    arguments: [Int64.max, .max / 4 + 1, 0, .min / 4 - 1, .min])
  func extremes(number: Int64) throws {
    let usual = VenueBudget(ordersPerSecond: 40, seed: 1)
    var budget = usual
    _ = budget.heard(try standing(String(number)), after: .postOrder, at(0), venue: venue)
    #expect((tenSeconds(budget) < tenSeconds(usual)) == (number <= 0))
  }
}
