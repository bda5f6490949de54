import Shared
import Testing

@Suite("A book put together from snapshots and changes")
struct OrderBookTests {
  @Test("A snapshot's levels come out best first, five of them, whatever order they came in")
  func topFive() throws {
    var book = OrderBook()
    let bids = try ["0.1", "0.3", "0.2", "0.45", "0.05", "0.4", "0.44"].map { try level($0, "10") }
    let asks = try ["0.9", "0.5", "0.6"].map { try level($0, "1.5") }
    #expect(book.apply(bids: bids, asks: asks, at: at(1)) == true)
    #expect(book.top.bids.map(\.price.description) == ["0.45", "0.44", "0.4", "0.3", "0.2"])
    #expect(book.top.asks.map(\.price.description) == ["0.5", "0.6", "0.9"])
    #expect(book.top.mid?.description == "0.475")
    #expect(book.levels(.buy).count == 7)
  }

  @Test("A change before the first snapshot says nothing")
  func changeBeforeSnapshot() throws {
    var book = OrderBook()
    #expect(book.set(try level("0.5", "1"), side: .buy, at: at(1)) == false)
    #expect(!book.isComplete && book.levels(.buy).isEmpty)
  }

  @Test("A late snapshot does not bring back what has changed since, nor what has gone since")
  func lateSnapshot() throws {
    var book = OrderBook()
    book.apply(bids: [try level("0.4", "10"), try level("0.3", "10")], asks: [], at: at(10))
    book.set(try level("0.4", "7"), side: .buy, at: at(30))
    book.set(try level("0.3", "0"), side: .buy, at: at(31))
    book.set(try level("0.45", "1"), side: .buy, at: at(32))
    let late = [try level("0.4", "10"), try level("0.3", "10"), try level("0.2", "5")]
    #expect(book.apply(bids: late, asks: [], at: at(20)) == true)
    #expect(book.levels(.buy) == [try level("0.45", "1"), try level("0.4", "7"), try level("0.2", "5")])
    #expect(book.time == at(32))
  }

  @Test("A late change does not undo a newer snapshot or a newer change")
  func lateChange() throws {
    var book = OrderBook()
    book.apply(bids: [try level("0.4", "10")], asks: [], at: at(10))
    #expect(book.set(try level("0.4", "99"), side: .buy, at: at(9)) == false)
    book.set(try level("0.4", "12"), side: .buy, at: at(20))
    #expect(book.set(try level("0.4", "11"), side: .buy, at: at(15)) == false)
    #expect(book.set(try level("0.4", "0"), side: .buy, at: at(25)) == true)
    #expect(book.set(try level("0.4", "8"), side: .buy, at: at(22)) == false)
    #expect(book.levels(.buy).isEmpty && book.levels(.sell).isEmpty)
    #expect(book.apply(bids: [try level("0.4", "1")], asks: [], at: at(8)) == false)
  }

  @Test("Crossed and locked books are called crossed, one-sided ones are not, and neither has a middle")
  func crossed() throws {
    var book = OrderBook()
    book.apply(bids: [try level("0.5", "1")], asks: [try level("0.5", "1")], at: at(1))
    #expect(book.isCrossed && book.top.isCrossed && book.top.mid == nil)
    book.set(try level("0.5", "0"), side: .sell, at: at(2))
    #expect(!book.isCrossed && book.top.mid == nil)
  }

  @Test(
    "The mirror of a book's top is the other outcome's, and the mirror of the mirror is itself",
    arguments: [UInt64(1), 2])
  func mirror(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let top = MessageSamples.top(&random)
      #expect(top.mirrored.mirrored == top)
      #expect(top.mirrored.bids.map(\.price) == top.asks.map(\.price.complement))
    }
  }

  @Test("In order of events it equals a naive dictionary, level for level", arguments: [UInt64(1), 2, 3, 20_261_120])
  func equalsNaiveModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var book = OrderBook()
    var model = NaiveBook()
    for step in 1...500 {
      let event = RandomBook.event(&random, step: step, snapshotEvery: 100, after: model)
      switch event {
      case .snapshot(let bids, let asks, let time):
        let before = book.top
        let changed = book.apply(bids: bids, asks: asks, at: time)
        model = NaiveBook(bids: bids, asks: asks)
        if !changed { #expect(book.top == before) }
      case .change(let level, let side, let time):
        let before = model
        model.set(level, side)
        #expect(book.set(level, side: side, at: time) == (model != before))
      }
      #expect(book.levels(.buy) == model.levels(.buy) && book.levels(.sell) == model.levels(.sell))
      #expect(book.top.bids == Array(model.levels(.buy).prefix(5)))
    }
  }

  @Test(
    "In any order of arrival within its memory it ends as if everything had come in order",
    arguments: [UInt64(5), 6, 7, 8])
  func anyArrivalOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<4 {
      var model = NaiveBook()
      var events: [RandomBook.Event] = []
      for step in 1...300 {
        let event = RandomBook.event(&random, step: step, snapshotEvery: 40, after: model)
        events.append(event)
        switch event {
        case .snapshot(let bids, let asks, _): model = NaiveBook(bids: bids, asks: asks)
        case .change(let level, let side, _): model.set(level, side)
        }
      }
      // The first snapshot comes first, as it does on a subscription; everything else is late by up to 400 ms (ten steps are 100 ms).
      var arrivals = events.dropFirst().map {
        (event: $0, at: $0.time.nanoseconds + Int64(random.next() % 400_000_000))
      }
      arrivals.sort { $0.at < $1.at }
      var book = OrderBook()
      for event in [events[0]] + arrivals.map(\.event) {
        switch event {
        case .snapshot(let bids, let asks, let time): book.apply(bids: bids, asks: asks, at: time)
        case .change(let level, let side, let time): book.set(level, side: side, at: time)
        }
      }
      #expect(book.levels(.buy) == model.levels(.buy) && book.levels(.sell) == model.levels(.sell))
    }
  }

  private func at(_ milliseconds: Int64) -> MarketTime { MarketTime(milliseconds: milliseconds) }
  private func level(_ price: String, _ size: String) throws -> BookLevel {
    BookLevel(price: try Price(parsing: price), size: try Shares(parsing: size))
  }
}

/// The obviously right book: a dictionary a side, without stamps.
struct NaiveBook: Equatable {
  var bids: [Price: Shares] = [:]
  var asks: [Price: Shares] = [:]

  init() {}
  init(bids: [BookLevel], asks: [BookLevel]) {
    for level in bids { set(level, .buy) }
    for level in asks { set(level, .sell) }
  }

  mutating func set(_ level: BookLevel, _ side: Side) {
    let size = level.size == .zero ? nil : level.size
    if side == .buy { bids[level.price] = size } else { asks[level.price] = size }
  }

  func levels(_ side: Side) -> [BookLevel] {
    let levels = (side == .buy ? bids : asks).map { BookLevel(price: $0.key, size: $0.value) }
    return levels.sorted { side == .buy ? $0.price > $1.price : $0.price < $1.price }
  }
}

enum RandomBook {
  enum Event {
    case snapshot([BookLevel], [BookLevel], MarketTime)
    case change(BookLevel, Side, MarketTime)

    var time: MarketTime {
      switch self {
      case .snapshot(_, _, let time), .change(_, _, let time): time
      }
    }
  }

  /// Step n happens at n × 10 ms. Snapshots tell the truth at their moment.
  static func event(_ random: inout SeededGenerator, step: Int, snapshotEvery: UInt64, after model: NaiveBook) -> Event
  {
    let time = MarketTime(milliseconds: Int64(step) * 10)
    if step == 1 || random.next() % snapshotEvery == 0 {
      return .snapshot(model.levels(.buy), model.levels(.sell), time)
    }
    let price = Price(micros: Int64(1 + random.next() % 99) * 10_000) ?? .zero
    let size = random.next() % 3 == 0 ? Shares.zero : Shares(micros: Int64(1 + random.next() % 1_000_000_000))
    return .change(BookLevel(price: price, size: size), random.next() % 2 == 0 ? .buy : .sell, time)
  }
}
