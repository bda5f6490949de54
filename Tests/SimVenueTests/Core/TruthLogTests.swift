import Shared
import Testing

@testable import SimVenue

@Suite("The truth log") struct TruthLogTests {
  /// A day's worth of random dealing: two clients and the street, placing, taking, cancelling, waiting.
  static func dealing(seed: UInt64) -> Bench {
    var random = SeededGenerator(seed: seed)
    var bench = Bench(rules: VenueRules(takerHold: .milliseconds(50)))
    var posted: [String] = []
    for _ in 0..<300 {
      let price = WireDecimal.text(Int64(40 + random.next() % 21) * 10_000)
      let size = WireDecimal.text(Int64(500 + random.next() % 3000) * 10_000)
      let side: Side = random.next() % 2 == 0 ? .buy : .sell
      let outcome: Outcome = random.next() % 2 == 0 ? .yes : .no
      switch random.next() % 8 {
      case 0...2: _ = bench.quote(side, outcome, price, size)
      case 3...5:
        posted.append(bench.nextOrder)
        _ = bench.post(
          Int(random.next() % 2), side, outcome, price, size, TimeInForce.allCases.randomElement(using: &random)!,
          expiration: 0)
      case 6:
        if let id = posted.randomElement(using: &random) { _ = bench.cancel([id], account: Int(random.next() % 2)) }
      default: bench.wait(wall: .milliseconds(Int64(random.next() % 400)), market: .milliseconds(20))
      }
    }
    return bench
  }

  /// The log as it comes from the disk, in pieces of any length.
  private func read(_ text: [UInt8]) throws(TruthError) -> (records: [TruthRecord], whole: Int) {
    var scan = TruthScan()
    var records: [TruthRecord] = []
    var left = text[...]
    while !left.isEmpty {
      let length = Int.random(in: 1...[3, 200, 5000].randomElement()!)
      try scan.take(left.prefix(length)) { records.append($0) }
      left = left.dropFirst(length)
    }
    #expect(scan.last == records.last)
    return (records, scan.whole)
  }

  static let seeds: [UInt64] = (0..<8).map { _ in UInt64.random(in: 0..<1_000_000) }

  @Test("read back, gives the same accounts, orders, trades and markets", arguments: seeds)
  func rebuilds(seed: UInt64) throws {
    let bench = Self.dealing(seed: seed)
    let text = bench.records.flatMap(TruthText.line)
    let read = try self.read(text)
    #expect(read.whole == text.count)
    #expect(read.records == bench.records, "seed \(seed)")
    let again = VenueState.restored(from: read.records, rules: bench.state.rules, now: bench.state.now)
    #expect(again.clients == bench.state.clients, "seed \(seed)")
    for id in bench.state.clients.openOrders {
      let order = bench.state.clients.orders[id]!
      #expect(again.live[0].book.remaining(order.key) == order.remaining, "seed \(seed)")
    }
    #expect(again.nextSequence == bench.state.nextSequence)
  }

  @Test("its balance lines add up to the balances, and no wealth is made or lost", arguments: seeds)
  func addsUp(seed: UInt64) {
    let bench = Self.dealing(seed: seed)
    var sums: [Int: [String: Int64]] = [:]
    for record in bench.records {
      guard case .balance(let account, let asset, let delta, let after, _) = record.entry else { continue }
      sums[account, default: [:]][asset, default: 0] += delta
      #expect(sums[account]?[asset] == after)
    }
    for (index, account) in bench.state.clients.accounts.enumerated() {
      #expect(sums[index]?.filter { $0.value != 0 } == account.balances.filter { $0.value != 0 }, "seed \(seed)")
      for (asset, reserved) in account.reserved { #expect(reserved <= account.balance(asset), "seed \(seed)") }
      for balance in account.balances.values { #expect(balance >= 0, "seed \(seed)") }
    }
    #expect(bench.wealth == 2_000_000_000, "seed \(seed)")
    #expect(bench.state.clients.trades.count > 10, "seed \(seed): nothing was traded")
  }

  @Test("a line cut short by a crash is dropped, a damaged one is refused")
  func tornAndDamaged() throws {
    let bench = Self.dealing(seed: 7)
    let lines = bench.records.prefix(20).map(TruthText.line)
    let whole = lines.flatMap { $0 }
    let torn = whole + lines[3].dropLast(9)
    let read = try self.read(torn)
    #expect(read.records.count == 20)
    #expect(read.whole == whole.count)
    var damaged = whole
    damaged[whole.count / 2] = 0x7F
    damaged[whole.count / 2 + 1] = 0x22
    #expect(throws: TruthError.self) { try self.read(damaged) }
    #expect(throws: TruthError.self) { try self.read(lines[0] + lines[2]) }
  }
}
