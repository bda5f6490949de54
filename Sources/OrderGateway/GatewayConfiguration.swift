import FloorIOData
import FloorIOVenue
import Shared

/// What the gateway needs of its birth document, read once and checked as a whole: every problem in one message.
///
/// `configuration` is the floor's effective configuration (`mode`, `venue`, `floor.capital_usd`, `limits`, `orders`, `market.stale_after_ms`,
/// `endpoints`, `sim.port`) with `database` and `redis`. Secrets: `venue` (the credentials as one line of JSON: `private_key`, `address`,
/// `api_key`, `secret`, `passphrase`; optional `signature_type`, `chain_id`), `database_password`, `redis_password`.
struct GatewayConfiguration: Sendable {
  struct Venue: Hashable, Sendable {
    let clob: String
    let gamma: String
    let userStream: String
    /// Where the market clock is; `nil` when it is the wall's.
    let clock: String?
    /// PEM file of authorities for secure addresses; `nil` where there are none.
    let authorities: String?
    let chainID: UInt64
  }

  let isPaper: Bool
  /// Paper on the real venue: only its public data is read, and orders are matched in this process.
  let isMatchedHere: Bool
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
  /// How long a loss streak keeps an agent from entering, in market time.
  let streakPause: Duration
  let requestTimeout: Duration
  /// What the venue's tier of the wallet allows; half of it is used.
  let venueOrdersPerSecond: Int64
  /// A drill that wants to know what gateway and record can do, not what the venue's documents allow. No key of a floor's configuration:
  /// only a birth document can say it, and only for the simulated venue.
  let isUnlimited: Bool
  let holdToSettlement: Duration
  let reconcile: Duration
  let absenceSpan: Duration
  let fileFallbackAfter: Duration
  /// How long entries may rest while PostgreSQL is away.
  let entriesOutAfter: Duration
  /// Whether an ordered stop of the floor sells what is held.
  let flattensOnStop: Bool
  /// Whether a halt sells what is held.
  let closesOnHalt: Bool
  /// How long cancelling and selling may take before the end; the boss ends this process a second later.
  let drainWithin: Duration
  /// Share of failed venue calls above which nothing new is entered, in millionths of a per cent.
  let errorPercentMax: Int64

  init(birth: BirthDocument) throws(FloorFailure) {
    var reader = SectionReader(birth.configuration)
    isPaper = reader.word("mode", ["paper", "live"]) != "live"
    isMatchedHere = isPaper && reader.word("venue", ["sim", "polymarket"]) == "polymarket"
    capital = reader.usd("floor.capital_usd") ?? .zero
    if capital <= .zero { reader.complain("floor.capital_usd is missing or nothing") }
    var wallet =
      isMatchedHere
      ? SectionReader(try PaperWallet.open(in: birth.stateDirectory), name: "paper wallet: ")
      : SectionReader(GatewayConfiguration.walletFile(birth), name: "secret venue: ")
    let address = EthereumAddress(wallet.text("address"))
    if address == nil { wallet.complain("address is no address") }
    walletKind = ExchangeOrder.Wallet(rawValue: UInt8(clamping: wallet.whole("signature_type") ?? 0)) ?? .plain
    let apiKey = wallet.text("api_key")
    apiSecret = Secret(wallet.text("secret"))
    apiPassphrase = Secret(wallet.text("passphrase"))
    let walletKey = Secret(wallet.text("private_key"))
    let chainID = UInt64(max(0, wallet.whole("chain_id") ?? Int64(ExchangeDomain.polygon)))
    do {
      let endpoints = try VenueEndpoints(ConfigReader(birth.configuration))
      venue = Venue(
        clob: endpoints.clob, gamma: endpoints.gamma, userStream: endpoints.userStream, clock: endpoints.clock,
        authorities: endpoints.authorities, chainID: chainID)
    } catch {
      reader.complain("\(error)")
      venue = Venue(clob: "", gamma: "", userStream: "", clock: nil, authorities: nil, chainID: chainID)
    }

    do {
      limits = try RiskLimits(ConfigReader(birth.configuration))
    } catch {
      reader.complain("\(error)")
      limits = RiskLimits()
    }
    streakPause = .seconds(reader.whole("limits.loss_streak_pause_s") ?? 3600)
    requestTimeout = .milliseconds(reader.whole("orders.request_timeout_ms") ?? 3000)
    venueOrdersPerSecond = max(2, reader.whole("orders.venue_orders_per_s") ?? 40)
    isUnlimited = reader.optionalWord("drill.venue_limits", ["none"]) != nil
    if isUnlimited, !isPaper || isMatchedHere { reader.complain("drill.venue_limits is for the simulated venue only") }
    holdToSettlement = .seconds(reader.whole("orders.hold_to_settlement_s") ?? 3600)
    reconcile = .seconds(reader.whole("orders.reconcile_s") ?? 15)
    absenceSpan = .seconds(reader.whole("orders.absence_proof_s") ?? 90)
    fileFallbackAfter = .seconds(reader.whole("orders.file_fallback_s") ?? 60)
    entriesOutAfter = .seconds(reader.whole("orders.entries_out_s") ?? 15)
    flattensOnStop = reader.optionalWord("floor.on_stop", ["keep", "flatten"]) == "flatten"
    closesOnHalt = reader.optionalWord("floor.on_halt", ["hold", "close"]) == "close"
    drainWithin =
      StopTimes(
        within: .seconds(reader.whole("supervision.stop_within_s") ?? 20),
        killAfter: .milliseconds(reader.whole("supervision.kill_after_ms") ?? 2000)
      ).gatewayDrain - .seconds(1)
    errorPercentMax = reader.micros("limits.api_error_pct") ?? 10_000_000

    var key: EthereumKey?
    var credentials: L2Authentication?
    do {
      let text = walletKey.reveal()
      let digits = text.hasPrefix("0x") ? String(text.dropFirst(2)) : text
      key = try EthereumKey(privateKey: Hex.bytes(digits) ?? [])
    } catch { wallet.complain("private_key: \(error)") }
    if let address {
      do {
        credentials = try L2Authentication(
          address: key?.address ?? address, apiKey: apiKey, secret: apiSecret.reveal(),
          passphrase: apiPassphrase.reveal())
      } catch { wallet.complain("secret: \(error)") }
    }
    // Key and address of two wallets would sign orders that the venue refuses one by one.
    if let key, let address, walletKind == .plain, key.address != address {
      wallet.complain("address is not the address of private_key")
    }
    let problems = reader.problems + wallet.problems
    guard problems.isEmpty, let key, let credentials, let address else {
      throw FloorFailure(.configuration, "birth document: " + problems.joined(separator: "; "))
    }
    self.key = key
    self.credentials = credentials
    self.wallet = address
  }

  /// An unreadable secret is an empty object: every member of it is then reported as missing, and nothing of it is shown.
  private static func walletFile(_ birth: BirthDocument) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(birth.secrets["venue"]?.reveal() ?? "{}")
    } catch {
      return .object([])
    }
  }
}

/// Reads dotted paths out of the configuration and collects what is wrong.
struct SectionReader {
  private let root: JSON
  private let name: String
  private(set) var problems: [String] = []

  /// `name` stands before every problem.
  init(_ root: JSON, name: String = "") {
    self.root = root
    self.name = name
  }

  mutating func complain(_ text: String) { problems.append(name + text) }

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

  mutating func word(_ path: String, _ words: [String]) -> String {
    let value = text(path)
    if !value.isEmpty, !words.contains(value) { complain("\(path) is none of \(words.joined(separator: ", "))") }
    return value
  }

  mutating func optionalWord(_ path: String, _ words: [String]) -> String? {
    find(path) == nil ? nil : word(path, words)
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
}
