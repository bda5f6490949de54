import Shared
import Testing

@Suite("How an up/down window ends") struct UpDownSettlementTests {
  private func value(_ text: String) throws -> ReferenceValue { try #require(ReferenceValue(parsing: text)) }

  @Test("A tie is Up, and the eighteenth decimal decides")
  func ties() throws {
    let opening = try value("65026.457815000000000001")
    #expect(UpDownSettlement.outcome(opening: opening, closing: opening) == .yes)
    #expect(UpDownSettlement.outcome(opening: opening, closing: try value("65026.457815")) == .no)
    #expect(UpDownSettlement.outcome(opening: opening, closing: try value("65026.457815000000000002")) == .yes)
  }

  @Test("A missing second is decided by the first tick after it within three seconds, never by one before")
  func missing() throws {
    var series = ReferenceSeries()
    func verdict(strike: ReferenceValue? = nil) -> UpDownSettlement.Verdict {
      UpDownSettlement.verdict(opens: 300, closes: 600, series: series, strike: strike)
    }
    #expect(verdict() == .unprovable(.both))
    series.put(try value("10"), at: 299, received: 1)
    series.put(try value("10"), at: 604, received: 2)
    #expect(verdict() == .unprovable(.both))
    series.put(try value("11"), at: 603, received: 3)
    #expect(verdict() == .unprovable(.opening))
    #expect(verdict(strike: try value("12")).outcome == .no)
    series.put(try value("10"), at: 301, received: 4)
    #expect(verdict() == .decided(.yes, opening: try value("10"), closing: try value("11")))
    series.put(try value("9"), at: 600, received: 2)
    #expect(verdict().outcome == .no, "the second itself counts before any after it")
    series.put(try value("11"), at: 600, received: 1)
    #expect(verdict().outcome == .no, "an older word on the same second does not count")
    series.put(try value("11"), at: 600, received: 5)
    #expect(verdict().outcome == .yes, "a correction does")
    #expect(series.count == 5)
    #expect(series.first(from: 601, within: 3)?.delay == 2)
    #expect(series.first(from: 599, within: 0) == nil)
  }
}
