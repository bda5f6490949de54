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

  @Test("A missing second is told, not replaced by its neighbour")
  func missing() throws {
    var series = ReferenceSeries()
    func verdict(strike: ReferenceValue? = nil) -> UpDownSettlement.Verdict {
      UpDownSettlement.verdict(opens: 300, closes: 600, series: series, strike: strike)
    }
    #expect(verdict() == .unprovable(.both))
    series.put(try value("10"), at: 299, received: 1)
    series.put(try value("10"), at: 601, received: 2)
    #expect(verdict() == .unprovable(.both))
    series.put(try value("11"), at: 600, received: 3)
    #expect(verdict() == .unprovable(.opening))
    #expect(verdict(strike: try value("12")).outcome == .no)
    series.put(try value("10"), at: 300, received: 4)
    #expect(verdict() == .decided(.yes, opening: try value("10"), closing: try value("11")))
    series.put(try value("9"), at: 600, received: 2)
    #expect(verdict().outcome == .yes, "an older word on the same second does not count")
    series.put(try value("9"), at: 600, received: 5)
    #expect(verdict().outcome == .no, "a correction does")
    #expect(series.count == 4)
  }
}
