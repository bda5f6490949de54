import FloorTestSupport
import Shared
import Testing

@Suite struct VenueBudgetTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: milliseconds * 1_000_000) }

  /// How many of them may go in each window when somebody asks as often as can be.
  private func most(
    _ endpoint: VenueEndpoint, in window: Int64, over span: Int64, ordersPerSecond: Int64 = 100_000
  ) -> Int {
    var budget = VenueBudget(ordersPerSecond: ordersPerSecond, seed: 1)
    var taken: [Int64] = []
    var now: Int64 = 0
    while now < span {
      let wait = budget.admit(endpoint, at(now))
      if wait == .zero { taken.append(now) } else { now += max(1, wait.milliseconds) }
    }
    var worst = 0
    var first = 0
    for (last, time) in taken.enumerated() {
      while taken[first] <= time - window { first += 1 }
      worst = max(worst, last - first + 1)
    }
    return worst
  }

  @Test(
    "In no ten seconds, wherever they begin, more than half of what the venue allows; a quarter where two processes ask",
    arguments: [
      (VenueEndpoint.postOrder, 2500), (.postOrders, 1000), (.cancelOrder, 900), (.cancelAll, 125),
      (.ownOrders, 250), (.ownTrades, 250), (.balance, 100), (.apiKeys, 50), (.book, 375), (.tickSize, 50), (.ok, 25),
      (.clob, 1800), (.gammaMarkets, 75), (.gammaEvents, 125), (.gamma, 1000), (.data, 200), (.dataPositions, 37),
      (.ownOrder, 450), (.heartbeat, 900),
    ])
  func half(endpoint: VenueEndpoint, most: Int) {
    let worst = self.most(endpoint, in: 10_000, over: 30_000)
    // The order service's shared limit binds before some of the single ones.
    let bound = [.postOrder, .postOrders].contains(endpoint) ? min(most, 1800) : most
    #expect(worst <= bound && worst >= bound * 9 / 10, "\(worst)")
  }

  @Test("In no ten minutes more than half of what the venue allows in them")
  func tenMinutes() {
    #expect(most(.cancelAll, in: 600_000, over: 1_300_000) <= 3000)
    #expect(most(.cancelAll, in: 600_000, over: 1_300_000) >= 2700)
  }

  @Test("Half of the wallet's tier: twenty orders a second and a burst of thirty, twice as many cancels")
  func tier() {
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    func burst(_ endpoint: VenueEndpoint) -> Int { (0..<200).count { _ in budget.admit(endpoint, at(0)) == .zero } }
    #expect(burst(.postOrder) == 30)
    #expect(budget.admit(.postOrders, at(0)) == .milliseconds(50))
    #expect(budget.admit(.postOrder, at(50)) == .zero)
    #expect(burst(.cancelOrder) == 60)
  }

  @Test("Nothing that we place or ask for takes anything from the cancels' and the heartbeat's budget")
  func reserved() {
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    let others = VenueEndpoint.allCases.filter { !$0.isUrgent }
    for _ in 0..<5000 { for endpoint in others { _ = budget.admit(endpoint, at(0)) } }
    #expect(others.filter { $0.rawValue.hasPrefix("own") }.allSatisfy { budget.admit($0, at(0)) > .zero })
    for endpoint in VenueEndpoint.allCases where endpoint.isUrgent {
      #expect(budget.admit(endpoint, at(0)) == .zero, "\(endpoint)")
    }
    // And a venue that throttles orders has not throttled cancels.
    budget.refused(.postOrder, retryAfter: .seconds(60), at(0))
    #expect(budget.admit(.cancelOrder, at(0)) == .zero && budget.admit(.postOrder, at(59_000)) == .seconds(1))
  }

  @Test("A 429 closes its class for as long as the venue says; without a word for a jittered time that grows")
  func retryAfter() {
    var budget = VenueBudget(ordersPerSecond: 40, seed: Seeds.some(1)[0])
    budget.refused(.book, retryAfter: .seconds(3), at(0))
    #expect(budget.admit(.book, at(2999)) == .milliseconds(1) && budget.admit(.price, at(0)) == .zero)
    #expect(budget.admit(.book, at(3000)) == .zero)
    // An absurd wait is taken within reason.
    budget.refused(.price, retryAfter: .seconds(1_000_000), at(0))
    #expect(budget.admit(.price, at(0)) == .seconds(3600))
    var now: Int64 = 10_000
    var waits: [Duration] = []
    for _ in 0..<12 {
      budget.refused(.ownTrades, retryAfter: nil, at(now))
      let wait = budget.admit(.ownTrades, at(now))
      waits.append(wait)
      now += wait.milliseconds + 1
    }
    #expect(waits.allSatisfy { $0 > .zero && $0 <= .seconds(10) } && Set(waits).count > 6, "\(waits)")
    #expect(waits[0] <= .milliseconds(200) && waits.suffix(8).contains { $0 > .seconds(1) }, "\(waits)")
  }

  @Test("After a 429 the class is dearer, by half for each, until it has been quiet for a while")
  func shrinks() {
    func tenSeconds(_ budget: VenueBudget, from start: Int64) -> Int {
      var budget = budget
      return (0..<10_000).count { budget.admit(.ownOrders, at(start + Int64($0))) == .zero }
    }
    var budget = VenueBudget(ordersPerSecond: 40, seed: 1)
    let whole = tenSeconds(budget, from: 0)
    budget.refused(.ownOrders, retryAfter: .seconds(1), at(0))
    let half = tenSeconds(budget, from: 1000)
    #expect(half <= whole / 2 + 2 && half > whole / 3, "\(half) of \(whole)")
    budget.refused(.ownOrders, retryAfter: .seconds(1), at(1000))
    #expect(tenSeconds(budget, from: 2000) <= whole / 4 + 2)
    for second in 2...130 { budget.taken(.ownOrders, at(Int64(second) * 1000)) }
    #expect(tenSeconds(budget, from: 140_000) == whole)
  }

  @Test(
    "Requests are counted as what they are",
    arguments: [
      (VenueEndpoint.Service.clob, "POST", "/order", VenueEndpoint.postOrder),
      (.clob, "DELETE", "/order", .cancelOrder),
      (.clob, "POST", "/orders", .postOrders), (.clob, "DELETE", "/orders", .cancelOrders),
      (.clob, "DELETE", "/cancel-all", .cancelAll), (.clob, "DELETE", "/cancel-market-orders", .cancelMarket),
      (.clob, "GET", "/data/order/0xab", .ownOrder), (.clob, "GET", "/data/orders", .ownOrders),
      (.clob, "GET", "/data/trades", .ownTrades), (.clob, "GET", "/balance-allowance", .balance),
      (.clob, "POST", "/v1/heartbeats", .heartbeat), (.clob, "GET", "/book", .book), (.clob, "GET", "/books", .books),
      (.clob, "GET", "/tick-size/1", .tickSize), (.clob, "GET", "/auth/api-keys", .apiKeys),
      (.clob, "GET", "/markets/0xab", .clob), (.gamma, "GET", "/markets/slug/a", .gammaMarkets),
      (.gamma, "GET", "/marketsomething", .gamma), (.gamma, "GET", "/events", .gammaEvents),
      (.data, "GET", "/v2/trades", .dataTrades), (.data, "GET", "/positions", .dataPositions),
      (.data, "GET", "/v2/value", .data),
    ])
  func classes(service: VenueEndpoint.Service, method: String, path: String, endpoint: VenueEndpoint) {
    #expect(VenueEndpoint(service, method, path) == endpoint)
  }
}
