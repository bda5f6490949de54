import FloorIOData
import FloorTestSupport
import Shared
import Testing

@testable import OrderGateway

@Suite("Paper journal") struct PaperJournalTests {
  private let token = TokenID(String(repeating: "7", count: 77))!
  private let condition = ConditionID("0x" + String(repeating: "ab", count: 32))!

  private func entries(_ number: Int, at time: MarketTime) -> [PaperEntry] {
    let digits = String(number, radix: 16)
    let id = VenueOrderID("0x" + String(repeating: "0", count: 64 - digits.count) + digits)!
    let order = PaperOrder(
      id: id, token: token, side: number % 2 == 0 ? .sell : .buy, price: Price(micros: 500_000)!,
      size: Shares(whole: 5), timeInForce: .goodTillCancelled)
    return [
      .placed(order, condition, at: time),
      .filled(
        PaperFill(
          number: Int64(number), order: id, token: token, condition: condition, side: order.side, price: order.price,
          size: order.size, fee: .zero, isTaker: false, level: order.price, at: time)),
    ]
  }

  @Test(
    "a journal that has grown by a megabyte is begun anew; money, what is open and two days stay, and it can be read again"
  )
  func renews() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/paper.journal"
    let start = MarketTime(seconds: 1_800_000_000)
    let journal = try PaperJournal(directory: directory.path)
    try journal.record([.deposit(USD(dollars: 1000))])
    let open = Array(entries(1, at: start).prefix(1))
    try journal.record(open)
    var number = 1
    var time = start
    var largest = 0
    // More than a megabyte in two days: the snapshot itself is long.
    for _ in 0..<4000 {
      number += 1
      time = time.advanced(by: .seconds(60))
      try journal.record(entries(number, at: time))
      try journal.renewWhenLong(at: time)
      largest = max(largest, try FileTail.size(path))
    }
    #expect(number * 600 > 2 * PaperJournal.growthMax, "the test writes too little to show anything")
    // Two days of records, and what it may grow by.
    #expect(largest < 5 * PaperJournal.growthMax)
    #expect(journal.account.snapshot.text.utf8.count > PaperJournal.growthMax, "the snapshot is short")
    #expect(journal.account.orders.count < 3999)
    let again = try PaperJournal(directory: directory.path)
    #expect(again.account.cash == journal.account.cash && again.account.tokens == journal.account.tokens)
    #expect(again.account.openOrders() == journal.account.openOrders() && again.account.openOrders().count == 1)
    #expect(again.account.orders == journal.account.orders && again.account.fills == journal.account.fills)
    #expect(again.account.fills.last?.number == Int64(number))
    try again.record(entries(number + 1, at: time))
  }

  @Test("a torn last line is cut; damage before it is named, and nothing is cut or paid in anew", arguments: [0, 1])
  func damaged(line: Int) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/paper.journal"
    let journal = try PaperJournal(directory: directory.path)
    try journal.record([.deposit(USD(dollars: 1000))])
    try journal.record(entries(1, at: MarketTime(seconds: 1_800_000_000)))
    let whole = try SmallFile.read(path, bytesMax: 1 << 20)
    try AtomicFile.write(whole + Array("94 00ff {\"kind\":\"can".utf8), to: path)
    let torn = try PaperJournal(directory: directory.path)
    #expect(torn.account.cash == journal.account.cash && torn.account.fills == journal.account.fills)
    #expect(try SmallFile.read(path, bytesMax: 1 << 20) == whole)

    var bytes = whole
    let start = line == 0 ? 0 : try #require(whole.firstIndex(of: 0x0A)) + 1
    bytes[start + 90] ^= 1
    try AtomicFile.write(bytes, to: path)
    let failure = #expect(throws: FloorFailure.self) { _ = try PaperJournal(directory: directory.path) }
    #expect(failure.map { "\($0)".contains("\(path): line \(line + 1)") } == true)
    #expect(try SmallFile.read(path, bytesMax: 1 << 20) == bytes)
  }

  @Test("a file that is no account's journal is refused by name, and left as it is")
  func foreign() throws {
    let directory = try TemporaryDirectory()
    let file = try JournalFile(directory: directory.path, name: "paper.journal")
    try file.append(["kind": "shopping list"])
    let failure = #expect(throws: FloorFailure.self) { _ = try PaperJournal(directory: directory.path) }
    #expect(failure.map { "\($0)".contains("\(directory.path)/paper.journal") } == true)
    #expect(try JournalFile(directory: directory.path, name: "paper.journal").load() == [["kind": "shopping list"]])
  }
}
