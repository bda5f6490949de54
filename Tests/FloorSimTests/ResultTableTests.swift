import FloorSim
import Shared
import Testing

@Suite("Table of results")
struct ResultTableTests {
  private func read(_ text: String) throws -> [MarketSlug: Price] {
    try ResultTable.read(text.split(separator: "\n").map { Array($0.utf8) })
  }

  @Test("Outcomes are words of either kind; an empty one is not known")
  func words() throws {
    let results = try read("slug,start,outcome\na-1,5,Up\na-2,5,NO\na-3,5,\na-4,5,yes\na-5,,Down")
    #expect(
      results == [
        MarketSlug("a-1")!: .one, MarketSlug("a-2")!: .zero, MarketSlug("a-4")!: .one, MarketSlug("a-5")!: .zero,
      ])
  }

  @Test("Ones and noughts by window, and JSON lines with settled prices or a winner, are read as well") func shapes()
    throws
  {
    let windows: [MarketSlug: Price] = [MarketSlug("a-1")!: .one, MarketSlug("a-2")!: .zero]
    #expect(try read("window_id,start_ts,resolved_up\na-1,5,1\na-2,5,0") == windows)
    #expect(try read("slug,condition_id,token_won\na-1,5,1\na-2,5,0") == windows)
    #expect(
      try read(
        #"{"slug":"a-1","outcome_prices":["1","0"]}"# + "\n" + #"{"slug":"a-2","outcome_prices":["0","1"]}"# + "\n"
          + #"{"slug":"a-3","outcome_prices":["0.5","0.5"]}"#) == windows)
    #expect(try read(#"{"slug":"a-1","winner":"UP"}"# + "\n" + #"{"slug":"a-2","winner":"DOWN"}"#) == windows)
    #expect(
      throws: ImportError(
        line: 1, "slug and outcome in a CSV, or winner or two outcome_prices in a JSON line, are wanted")
    ) {
      try read(#"{"slug":"a-1"}"#)
    }
    #expect(throws: ImportError(line: 2, "a-1 has another outcome in a line above")) {
      try read(#"{"slug":"a-1","winner":"UP"}"# + "\n" + #"{"slug":"a-1","winner":"DOWN"}"#)
    }
  }

  @Test("What is none, or contradicts itself, is refused with its line")
  func refused() {
    #expect(throws: ImportError(line: 1, "the columns slug and outcome are wanted")) { try read("slug,won\na,Up") }
    #expect(throws: ImportError(line: 3, "'maybe' is none of Yes, No, Up, Down")) {
      try read("slug,outcome\na,Up\nb,maybe")
    }
    #expect(throws: ImportError(line: 3, "a has another outcome in a line above")) {
      try read("slug,outcome\na,Up\na,Down")
    }
    #expect(throws: ImportError(line: 0, "it is empty")) { try read("") }
  }
}
