import Shared
import Testing

@Suite("The sale of what is held in a halt")
struct HaltClosingTests {
  private final class Sale {
    var closing: HaltClosing
    init(_ began: MonotonicTime, _ places: [HaltClosing.Place]) {
      closing = HaltClosing(began: began)
      closing.find(places)
    }
    func isOver(_ look: HaltClosing.Look, _ now: MonotonicTime) -> Bool { closing.look(look, now) }
    var result: HaltClosing.Result? { closing.result }
  }

  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 0).advanced(by: .milliseconds(milliseconds))
  }
  private func place(_ slug: String) -> HaltClosing.Place {
    HaltClosing.Place(agent: AgentName("a")!, slug: MarketSlug(slug)!, outcome: .yes)
  }
  private func left(_ slug: String, tries: Int = 0, _ obstacle: String? = nil) -> HaltClosing.Left {
    HaltClosing.Left(place: place(slug), shares: Shares(whole: 5), tries: tries, obstacle: obstacle)
  }
  private func look(
    _ left: [HaltClosing.Left], isFresh: Bool = true, isQuiet: Bool = true, ban: String? = nil
  ) -> HaltClosing.Look {
    HaltClosing.Look(left: left, isFresh: isFresh, isQuiet: isQuiet, ban: ban)
  }

  @Test("It is over when a fresh look finds nothing left and nothing under way, and says how much came of it")
  func sold() {
    let sale = Sale(at(0), [place("m-1"), place("m-2")])
    #expect(!sale.isOver(look([left("m-1"), left("m-2")]), at(250)))
    sale.closing.sold(for: USD(micros: 2_400_000))
    sale.closing.sold(for: USD(micros: 100))
    #expect(!sale.isOver(look([], isFresh: false), at(500)))
    #expect(!sale.isOver(look([], isQuiet: false), at(750)))
    #expect(sale.isOver(look([]), at(1000)))
    #expect(sale.result?.sold == 2 && sale.result?.proceeds == USD(micros: 2_400_100))
    #expect(sale.result?.left.isEmpty == true)
  }

  @Test(
    "It gives up when the time is over, or when everything that is left was tried often enough; each has its reason")
  func bounds() {
    let slow = Sale(at(0), [place("m-1"), place("m-2"), place("m-3")])
    let rest = [left("m-1", "nobody bids"), left("m-2", tries: 2)]
    slow.closing.heard(place("m-2"), "remainder_dropped")
    #expect(!slow.isOver(look(rest, isQuiet: false), at(29_999)))
    #expect(slow.isOver(look(rest, isQuiet: false), at(30_000)))
    #expect(slow.result?.sold == 1)
    #expect(
      slow.result?.left == ["5 YES of m-1 (a): nobody bids", "5 YES of m-2 (a): 2 sales, the last: remainder_dropped"])
    let stubborn = Sale(at(0), [place("m-1")])
    #expect(!stubborn.isOver(look([left("m-1", tries: 5)], isQuiet: false), at(20_000)))
    #expect(!stubborn.isOver(look([left("m-1", tries: 5), left("m-2", tries: 4)]), at(20_000)))
    #expect(stubborn.isOver(look([left("m-1", tries: 5)]), at(20_000)))
    #expect(stubborn.result?.left == ["5 YES of m-1 (a): 5 sales"])
  }

  @Test("A doubt ends it at once, and is the reason for everything that is left; a result does not change any more")
  func banned() {
    let sale = Sale(at(0), [place("m-1")])
    #expect(sale.isOver(look([left("m-1", "nobody bids")], isFresh: false, ban: "doubt"), at(10)))
    #expect(sale.result?.left == ["5 YES of m-1 (a): doubt"])
    #expect(sale.isOver(look([]), at(20)))
    #expect(sale.result?.left.count == 1)
  }

  @Test("Only what a person or a loss halts may be sold")
  func causes() {
    #expect(HaltCause.allCases.filter { !$0.holds } == [.person, .loss])
  }

  @Test(
    "The message says what becomes of what is held, in less than a thousand letters, and whether a later one follows")
  func words() {
    func report(_ fate: HaltReport.Fate, positions: Int = 2, isFresh: Bool = true) -> HaltReport {
      HaltReport(
        why: "file", account: "0xAb", finding: .flat(after: .milliseconds(12)), positions: positions,
        cost: USD(dollars: 31), fate: fate, isFresh: isFresh)
    }
    func result(_ left: Int) -> HaltClosing.Result {
      let sale = Sale(at(0), (0...left).map { place("market-\($0)") })
      sale.closing.sold(for: USD(dollars: 7))
      let rest = (0..<left).map { self.left("market-\($0)", "nobody bids") }
      _ = sale.isOver(look(rest), at(30_000))
      return sale.result!
    }
    #expect(report(.held).text.contains("Held: shares of 2 outcomes, cost 31; a halt sells nothing."))
    #expect(report(.doubted).text.contains("doubts books or venue sells nothing."))
    #expect(HaltReport.isPending(report(.pending).text) && report(.pending).code == "halt_flat")
    // Nobody knows yet whether nothing is held.
    #expect(HaltReport.isPending(report(.pending, positions: 0).text))
    #expect(report(.held, positions: 0).text.contains("Nothing is held."))
    #expect(
      report(.held, positions: 0, isFresh: false).text.contains(
        "Nothing was held, when that was last read; a halt sells nothing."))
    let all = report(.closed(result(0)))
    #expect(all.text.contains("Sold: all of 1 positions, and for all that was sold came 7. Nothing is held."))
    #expect(!HaltReport.isPending(all.text) && !HaltReport.leaves(all.text) && all.code == "halt_closed")
    let many = report(.closed(result(40))).text
    #expect(many.contains("Not sold: 5 YES of market-0 (a): nobody bids;") && many.contains("; 36 more."))
    #expect(HaltReport.leaves(many) && many.count < 1000)
  }
}
