import FloorIOData
import Shared

/// `floor ledger`: accounts, balances, entries, and whether they sum to zero.
enum LedgerCommand {
  static let command = FloorCommand(
    name: "ledger", summary: "the double-entry ledger: balances, entries, and whether every asset sums to zero",
    usage:
      "[ACCOUNT | AGENT | ORDER] [--since WHEN] [--limit N] [--json] | --deposit USD --ref TEXT | --withdrawal USD --ref TEXT",
    details: """
      Without a word: the balances of all accounts, and the newest bookings. With one: those of
        ACCOUNT   treasury, venue, fees, external, or agent:NUMBER     AGENT   a name
        ORDER     an order, intent, round trip or venue's trade, as floor explain takes it
      Every booking's lines sum to zero in each asset. venue is the counterparty of all trades: it owes what we hold.
        --since WHEN   bookings since then: \(SinceWord.help)
        --limit N      at most so many bookings, the newest (default 20)
        --deposit, --withdrawal USD   books money that you brought to the wallet, or took from it, by hand; once for each --ref
                       (letters, digits and . _ : -). Money that differs without a booking halts the floor within two minutes
                       in which no order is open.
      All entries are added up at each call. Exit status 1: they do not agree, or that reference is booked already.
      """, options: ["since", "limit", "deposit", "withdrawal", "ref"], run: run)

  private static func run(_ line: CommandLineWords, _ instance: Instance) throws -> ExitCode {
    guard line.words.count <= 1 else { throw FloorFailure(.usage, "give at most one account, agent or order") }
    let since = try line.since(default: .seconds(100 * 365 * 86_400))
    let limit = try line.whole("limit", default: 20, in: 1...100_000)
    let database = try instance.openDatabase()
    let reading = LedgerReading(database: database)
    let scope = try reading.scope(line.words.first)
    let declared = try declare(line, database)
    if let declared, !instance.isJSON { Terminal.tell(declared) }
    let sheet = try reading.sheet()
    let bookings = try reading.bookings(scope, since: since, limit: limit)
    let shown = sheet.balances.filter { balance in
      guard balance.balance != 0 || balance.total != 0 else { return false }
      return switch scope {
      case .all: true
      case .account(let account): balance.account == account
      case .bookings: false
      }
    }
    let names = try reading.names()
    if instance.isJSON {
      print(json(sheet, shown, bookings, names).text)
    } else {
      show(sheet, shown, bookings, scope, names)
    }
    return sheet.faults.isEmpty ? .done : .refused
  }

  // MARK: Declaring

  /// - Returns: what was booked, in words.
  private static func declare(_ line: CommandLineWords, _ database: BlockingDatabase) throws -> String? {
    let said = ["deposit", "withdrawal"].filter { line.option($0) != nil }
    guard let kind = said.first else {
      if line.option("ref") != nil { throw FloorFailure(.usage, "--ref belongs to --deposit or --withdrawal") }
      return nil
    }
    guard said.count == 1, let text = line.option(kind), let micros = try? Decimal6.parse(text), micros > 0 else {
      throw FloorFailure(.usage, "--\(kind): one amount of dollars above 0 is wanted, with at most six decimals")
    }
    guard let reference = line.option("ref") else {
      throw FloorFailure(.usage, "--\(kind) needs --ref: a word of your own that books it once and not twice")
    }
    let amount = USD(micros: kind == "deposit" ? micros : -micros)
    do {
      let outcome = try database.query(
        "SELECT declare_money($1, $2::numeric) AS outcome", [.text(reference), .usd(amount)]
      ).one().text("outcome")
      if outcome == "duplicate" { throw FloorFailure(.refused, "a \(kind) \(reference) is booked already") }
    } catch let error as DatabaseError where error.sqlState == "FL020" {
      throw FloorFailure(.usage, "--ref \(reference): letters, digits and . _ : - are wanted")
    }
    return "\(kind) of \(Decimal6.text(micros, minimumDecimals: 2)) USD booked (\(reference))"
  }

  // MARK: Showing

  private static func show(
    _ sheet: LedgerSheet, _ shown: [LedgerSheet.Balance], _ bookings: Rows, _ scope: LedgerReading.Scope,
    _ names: LedgerReading.Names
  ) {
    if scope.hasBalances {
      print(
        Table(
          ["account", "asset", "balance", "entries"],
          shown.map {
            [
              names.account($0.account), names.asset($0.asset), Decimal6.text($0.balance, minimumDecimals: 2),
              String($0.entries),
            ]
          }
        ).text + "\n")
    }
    print(
      Table(
        ["tx", "booked", "why", "ref", "account", "asset", "amount"],
        rows(bookings, names)
      ).text)
    let entries = sheet.balances.reduce(0) { $0 + $1.entries }
    let wallet = Decimal6.text(sheet.wallet, minimumDecimals: 2)
    print("\nUSD at the venue by the books (treasury and agents): \(wallet)")
    if sheet.faults.isEmpty {
      print(
        "\(entries) entries in \(sheet.sums.count) assets: each asset sums to zero, each balance is the sum of its entries"
      )
    }
    for fault in sheet.faults { print("DOES NOT AGREE: \(fault)") }
  }

  /// A booking's number, time and cause stand in its first line only.
  private static func rows(_ bookings: Rows, _ names: LedgerReading.Names) -> [[String]] {
    var last: String?
    return bookings.map { row in
      let fact = Fact(row)
      let isFirst = last != fact["tx_id"]
      last = fact["tx_id"]
      let head =
        isFirst
        ? [fact["tx_id"], Listing.short(fact["booked_at"]), fact["kind"], brief(fact["ref"])] : ["", "", "", ""]
      return head + [names.account(fact["account"]), names.asset(fact["asset"]), fact.amount("amount")]
    }
  }

  /// `trade/0x1234567890…`: an order's id in full fills the line, and JSON has it.
  private static func brief(_ ref: String) -> String {
    ref.split(separator: "/").map { $0.count > 20 ? $0.prefix(14) + "…" : $0 }.joined(separator: "/")
  }

  private static func json(
    _ sheet: LedgerSheet, _ shown: [LedgerSheet.Balance], _ bookings: Rows, _ names: LedgerReading.Names
  ) -> JSON {
    [
      "wallet_usd": .string(Decimal6.text(sheet.wallet)), "agrees": .bool(sheet.faults.isEmpty),
      "faults": .array(sheet.faults.map { .string($0) }),
      "sums": .object(sheet.sums.map { JSON.Member($0.asset, .string(Decimal6.text($0.sum))) }),
      "balances": .array(
        shown.map {
          [
            "account": .string($0.account), "agent": .optional(names.agent($0.account).map { .string($0) }),
            "asset": .string($0.asset), "balance": .string(Decimal6.text($0.balance)), "entries": .int($0.entries),
          ]
        }),
      "entries": .array(bookings.map { Fact($0).json }),
    ]
  }
}
