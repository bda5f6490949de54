import FloorIOData
import FloorIOVenue
import Shared

/// What the gateway needs of its birth document, read once and checked as a whole: every problem in one message.
///
/// `configuration`: `mode` (`paper`, `live`); `capital_usd`; `venue {clob_url, gamma_url, user_ws_url, clock_url?, chain_id?}`; `wallet
/// {address, api_key, kind?}`; `limits {…}`, `orders {…}`, `market {stale_after_ms}` with the keys of the floor's configuration; beside them
/// `database` and `redis`. Secrets: `wallet_key` (64 hex digits), `api_secret`, `api_passphrase`, `database_password`, `redis_password`.
struct GatewayConfiguration: Sendable {
  struct Venue: Hashable, Sendable {
    let clob: String
    let gamma: String
    let userStream: String
    /// Where the market clock is; `nil` when it is the wall's.
    let clock: String?
    let chainID: UInt64
  }

  let isPaper: Bool
  let capital: USD
  let venue: Venue
  let wallet: EthereumAddress
  let walletKind: ExchangeOrder.Wallet
  let key: EthereumKey
  let credentials: L2Authentication
  /// For the user stream's first frame, which carries the secrets themselves.
  let apiSecret: Secret
  let apiPassphrase: Secret
  let limits: RiskLimits
  let marketCap: USD?
  let requestTimeout: Duration
  let holdToSettlement: Duration
  let reconcile: Duration
  let absenceSpan: Duration

  init(birth: BirthDocument) throws(FloorFailure) {
    var reader = SectionReader(birth.configuration)
    isPaper = reader.word("mode", ["paper", "live"]) != "live"
    capital = reader.usd("capital_usd") ?? .zero
    venue = Venue(
      clob: reader.text("venue.clob_url"), gamma: reader.text("venue.gamma_url"),
      userStream: reader.text("venue.user_ws_url"),
      clock: reader.optionalText("venue.clock_url"),
      chainID: UInt64(max(0, reader.whole("venue.chain_id") ?? Int64(ExchangeDomain.polygon))))
    let address = EthereumAddress(reader.text("wallet.address"))
    if address == nil { reader.complain("wallet.address is no address") }
    walletKind = ExchangeOrder.Wallet(rawValue: UInt8(clamping: reader.whole("wallet.kind") ?? 0)) ?? .plain
    let apiKey = reader.text("wallet.api_key")
    apiSecret = reader.secret("api_secret", birth)
    apiPassphrase = reader.secret("api_passphrase", birth)
    let walletKey = reader.secret("wallet_key", birth)

    var limits = RiskLimits()
    if let value = reader.basisPoints("limits.per_trade_pct") { limits.perTradeBps = value }
    limits.perTradeUSD = reader.usd("limits.per_trade_usd")
    if let value = reader.basisPoints("limits.per_agent_pct") { limits.perAgentBps = value }
    if let value = reader.basisPoints("limits.system_pct") { limits.floorBps = value }
    if let value = reader.basisPoints("limits.daily_loss_pct") { limits.dailyLossBps = value }
    if let value = reader.basisPoints("limits.drawdown_pct") { limits.drawdownBps = value }
    if let value = reader.whole("limits.loss_streak_count") { limits.lossStreak = Int(value) }
    if let value = reader.whole("limits.orders_per_min") { limits.agentRatePerSecond = max(1, value / 60) }
    if let value = reader.micros("orders.collar_points") { limits.collarMicros = value }
    if let value = reader.whole("market.stale_after_ms") { limits.bookAgeMax = .milliseconds(value) }
    self.limits = limits
    marketCap = reader.usd("limits.per_market_usd")
    requestTimeout = .milliseconds(reader.whole("orders.request_timeout_ms") ?? 3000)
    holdToSettlement = .seconds(reader.whole("orders.hold_to_settlement_s") ?? 3600)
    reconcile = .seconds(reader.whole("orders.reconcile_s") ?? 15)
    absenceSpan = .seconds(reader.whole("orders.absence_proof_s") ?? 90)

    var key: EthereumKey?
    var credentials: L2Authentication?
    do {
      let text = walletKey.reveal()
      let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
      key = try EthereumKey(privateKey: Hex.bytes(digits) ?? [])
    } catch { reader.complain("secret wallet_key: \(error)") }
    if let address {
      do {
        credentials = try L2Authentication(
          address: key?.address ?? address, apiKey: apiKey, secret: apiSecret.reveal(),
          passphrase: apiPassphrase.reveal())
      } catch { reader.complain("secret api_secret: \(error)") }
    }
    // Key and address of two wallets would sign orders that the venue refuses one by one.
    if let key, let address, walletKind == .plain, key.address != address {
      reader.complain("wallet.address is not the address of wallet_key")
    }
    guard reader.problems.isEmpty, let key, let credentials, let address else {
      throw FloorFailure(.configuration, "birth document: " + reader.problems.joined(separator: "; "))
    }
    self.key = key
    self.credentials = credentials
    wallet = address
  }
}

/// Reads dotted paths out of the configuration and collects what is wrong.
struct SectionReader {
  private let root: JSON
  private(set) var problems: [String] = []

  init(_ root: JSON) { self.root = root }

  mutating func complain(_ text: String) { problems.append(text) }

  private func find(_ path: String) -> JSON? {
    var node: JSON? = root
    for part in path.split(separator: ".") { node = node?[String(part)] }
    return node == .some(.null) ? nil : node
  }

  mutating func text(_ path: String) -> String {
    guard let value = find(path)?.string, !value.isEmpty else {
      complain("\(path) is missing or no text")
      return ""
    }
    return value
  }

  func optionalText(_ path: String) -> String? { find(path)?.string.flatMap { $0.isEmpty ? nil : $0 } }

  mutating func word(_ path: String, _ words: [String]) -> String {
    let value = text(path)
    if !value.isEmpty, !words.contains(value) { complain("\(path) is none of \(words.joined(separator: ", "))") }
    return value
  }

  mutating func whole(_ path: String) -> Int64? {
    guard let node = find(path) else { return nil }
    if node.int == nil { complain("\(path) is no whole number") }
    return node.int
  }

  mutating func micros(_ path: String) -> Int64? {
    guard let node = find(path) else { return nil }
    do throws(DecimalError) {
      return try Decimal6.parse(node.decimalText ?? "")
    } catch {
      complain("\(path): \(error)")
      return nil
    }
  }

  mutating func usd(_ path: String) -> USD? { micros(path).map { USD(micros: $0) } }

  /// Per cent as decimal text, in hundredths of a per cent, rounded down.
  mutating func basisPoints(_ path: String) -> Int64? { micros(path).map { $0 / 10_000 } }

  mutating func secret(_ name: String, _ birth: BirthDocument) -> Secret {
    guard let value = birth.secrets[name] else {
      complain("secret \(name) is missing")
      return Secret("")
    }
    return value
  }
}
