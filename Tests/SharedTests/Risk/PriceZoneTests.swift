import Shared
import Testing

@Suite("Zones of price")
struct PriceZoneTests {
  @Test("every price lies in one zone; a border belongs to the zone above it, but 0.98 to the one below")
  func borders() throws {
    let wanted: [(Int64, PriceZone)] = [
      (0, .tail), (49_999, .tail), (50_000, .longShot), (199_999, .longShot), (200_000, .outsider),
      (399_999, .outsider),
      (400_000, .even), (599_999, .even), (600_000, .favourite), (799_999, .favourite), (800_000, .nearlySure),
      (980_000, .nearlySure), (980_001, .settled), (1_000_000, .settled),
    ]
    for (micros, zone) in wanted {
      let price = try #require(Price(micros: micros))
      #expect(PriceZone(price) == zone, "\(price)")
    }
  }

  @Test("direction is for prices below 0.40, what is all but decided for those from there on, near the end alone")
  func classes() {
    func allowed(_ strategy: StrategyClass, isLate: Bool) -> [Int] {
      PriceZone.allCases.filter { $0.allows(strategy, isLate: isLate) }.map(\.rawValue)
    }
    for isLate in [false, true] { #expect(allowed(.directional, isLate: isLate) == [1, 2]) }
    #expect(allowed(.nearResolution, isLate: true) == [3, 4, 5] && allowed(.nearResolution, isLate: false) == [])
  }

  @Test("the gate names price, zone and class; without the setting, and for exits, it does not ask")
  func gate() throws {
    var sample = try RiskSample(price: "0.5")
    #expect(sample.refusal == nil)
    sample.limits.holdsZones = true
    let refusal = try #require(sample.refusal)
    #expect(
      refusal.code == .priceZone && refusal.description.contains("0.5") && refusal.description.contains("directional"))
    sample.picture.agent?.strategyClass = .nearResolution
    // The window has four minutes left.
    #expect(sample.refusal?.code == .priceZone)
    sample.limits.lateWindow = .seconds(240)
    #expect(sample.refusal == nil)
    var exit = try RiskSample(action: .exit, side: .sell, price: "0.49")
    exit.limits.holdsZones = true
    exit.picture.freeShares = Shares(whole: 100)
    #expect(exit.refusal == nil)
  }

  @Test("every strategy says what it lives from, and the hammer alone from what is all but decided")
  func registry() {
    let late = StrategyRegistry.classes.filter { $0.value == .nearResolution }.keys
    #expect(Array(late) == ["hammer"] && StrategyRegistry.classes.count == StrategyRegistry.kinds.count)
  }

  @Test("agents of one strategy share its limit: what one has at work is missing to the other") func strategies() throws
  {
    var sample = try RiskSample()
    sample.limits.perStrategyBps = 300
    // Three per cent of a thousand; the sample costs 15.5251.
    sample.picture.agent?.strategyDeployed = try USD(parsing: "14.4749")
    #expect(sample.refusal == nil)
    sample.picture.agent?.strategyDeployed = try USD(parsing: "14.474901")
    #expect(sample.refusal?.code == .perStrategy)
  }
}
