import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// The venue's own clients made these; signatures are deterministic, so ours are the same bytes or wrong.
@Suite(
  "Protocol vectors", .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
struct VectorTests {
  static func vectors(_ file: String) throws -> [JSON] {
    let items = try ReferenceFiles.vectors.json(file)["vectors"]?.array ?? []
    try #require(!items.isEmpty, "\(file) holds no vectors")
    return items
  }

  static func text(_ json: JSON, _ key: String) throws -> String { try json.needText(key) }

  static func key(_ json: JSON) throws -> EthereumKey {
    try EthereumKey(privateKey: try #require(Word256(hex: text(json, "privateKey"))).bytes)
  }

  @Test("Every private request is signed as the clients sign it")
  func l2() throws {
    let address = try #require(EthereumAddress("0x9509AAc3Be5F4B976bC495f65a11635e244705d7"))
    for vector in try Self.vectors("l2_hmac.json") {
      let credentials = try L2Authentication(
        address: address, apiKey: "k", secret: Self.text(vector, "secret"), passphrase: "p")
      let timestamp = try vector.needInt("timestamp")
      let (method, path) = (try Self.text(vector, "method"), try Self.text(vector, "path"))
      let body = Array((vector["body"]?.string ?? "").utf8)
      let signature = credentials.signature(timestamp: timestamp, method: method, path: path, body: body)
      #expect(signature == vector["signature"]?.string, "\(vector["id"]?.string ?? "?")")
      let headers = credentials.headers(timestamp: timestamp, method: method, path: path, body: body)
      #expect(
        headers.map(\.name).sorted() == [
          "POLY_ADDRESS", "POLY_API_KEY", "POLY_PASSPHRASE", "POLY_SIGNATURE", "POLY_TIMESTAMP",
        ])
    }
  }

  @Test("The attestation for API credentials is signed as the clients sign it")
  func l1() throws {
    for vector in try Self.vectors("l1_clob_auth.json") {
      let key = try Self.key(vector)
      #expect(key.address.checksummed == vector["address"]?.string)
      let auth = try #require(
        ClobAuth(
          address: key.address, chainID: UInt64(vector.needInt("chainId")),
          timestamp: vector.needInt("timestamp"), nonce: vector.needText("nonce")))
      #expect(auth.digest.hex == vector["digest"]?.string)
      let headers = try auth.headers(signedBy: key)
      let signature = try #require(
        headers.first { $0.name == "POLY_SIGNATURE" }.flatMap { Hex.bytes($0.value.dropFirst(2)) })
      #expect(try EthereumKey.recover(auth.digest, signature: signature) == key.address)
      for (name, value) in headers { #expect(vector["headers"]?[name]?.string == value) }
      #expect(headers.count == vector["headers"]?.members?.count)
    }
  }

  @Test("Type hashes and domain separators are the contract's")
  func constants() throws {
    let vectors = try #require(try ReferenceFiles.vectors.json("eip712_constants.json")["vectors"])
    let types = [
      "orderV2V3": EIP712.orderType, "clobAuth": EIP712.authType, "exchangeDomain": EIP712.exchangeDomainType,
      "clobAuthDomain": EIP712.authDomainType, "typedDataSign": EIP712.typedDataSignType,
    ]
    for (name, type) in types {
      #expect(vectors["typeStrings"]?[name]?.string == type)
      #expect(vectors["typeHashes"]?[name]?.string == Keccak256.hash(Array(type.utf8)).hex)
    }
    #expect(vectors["orderTypeStringLengthV2V3"]?.int == Int64(EIP712.orderType.utf8.count))
    for domain in try #require(vectors["exchangeDomains"]?.array) {
      let ours = ExchangeDomain(
        version: try Self.text(domain, "version"), chainID: UInt64(try domain.needInt("chainId")),
        contract: try #require(EthereumAddress(try Self.text(domain, "verifyingContract"))))
      #expect(ours.separator.hex == domain["domainSeparator"]?.string)
    }
    let baseline = try vectors.need("contractRepositoryBaseline")
    let order = try Self.order(try baseline.need("order"))
    #expect(try order.structHash().hex == baseline["structHash"]?.string)
  }

  static func order(_ json: JSON) throws -> ExchangeOrder {
    func number(_ key: String) throws -> UInt64 { try #require(UInt64(try text(json, key))) }
    return ExchangeOrder(
      salt: try number("salt"), maker: try #require(EthereumAddress(try text(json, "maker"))),
      signer: try #require(EthereumAddress(try text(json, "signer"))),
      token: try #require(TokenID(try text(json, "tokenId"))),
      amounts: OrderAmounts(maker: Int64(try number("makerAmount")), taker: Int64(try number("takerAmount"))),
      side: try number("side") == 0 ? .buy : .sell,
      wallet: try #require(ExchangeOrder.Wallet(rawValue: UInt8(try number("signatureType")))),
      createdAtMilliseconds: try number("timestamp"),
      metadata: try #require(Word256(hex: try text(json, "metadata"))),
      builder: try #require(Word256(hex: try text(json, "builder"))))
  }

  /// What the older client makes of a decimal: it cuts `floor(x · 10ⁿ) / 10ⁿ` in binary floats, and so 0.29 to 0.28 (section 2.8).
  static func floatCut(_ text: String, decimals: Int) throws -> String {
    let scale = pow(10, Double(decimals))
    let cut = (try #require(Double(text)) * scale).rounded(.down) / scale
    return String(format: "%.\(decimals)f", cut)
  }

  /// The amounts of a vector's input, exact or as the older client's floats cut it first.
  static func amounts(_ input: JSON, side: Side, tick: PriceTick, cutByFloats: Bool) throws -> OrderAmounts {
    let isMarket = try text(input, "kind") == "market"
    func number(_ key: String, _ decimals: Int) throws -> String {
      let exact = try text(input, key)
      return cutByFloats ? try floatCut(exact, decimals: decimals) : exact
    }
    // Prices have as many decimals as their tick; a limit order's is rounded, not cut.
    let decimals = try #require([100_000: 1, 10_000: 2, 5_000: 3, 2_500: 4, 1_000: 3, 100: 4][tick.micros])
    let price = try Price(parsing: isMarket ? number("price", decimals) : text(input, "price"))
    if !isMarket { return try .limit(side, price: price, size: Shares(parsing: number("size", 2)), tick: tick) }
    if side == .buy {
      return try .marketBuy(spending: USD(parsing: number("amount", 2)), price: price, tick: tick)
    }
    return try .marketSell(of: Shares(parsing: number("amount", 2)), price: price, tick: tick)
  }

  @Test(
    "Orders of versions 2 and 3, of all wallets, have the clients' id, signature and bodies, and their signer is recovered"
  )
  func signedOrders() throws {
    var seen = 0
    for vector in try Self.vectors("signed_orders.json") {
      let version = try vector.needInt("protocolVersion")
      // Version 1 is refused by production since 2026-04-28; this program does not sign it.
      if version == 1 { continue }
      let name = try Self.text(vector, "id")
      let order = try Self.order(try vector.need("order"))
      let input = try vector.need("input")
      let domain = ExchangeDomain(
        token: try Word256(order.token), negRisk: input["negRisk"]?.bool ?? false,
        chainID: UInt64(try vector.needInt("chainId")))
      #expect(domain.separator.hex == vector["domainSeparator"]?.string, "\(name)")
      #expect(try order.structHash().hex == vector["structHash"]?.string, "\(name)")

      let signed = try OrderSigner(key: Self.key(vector)).sign(order, for: domain)
      #expect(signed.id.text == vector["orderHash"]?.string, "\(name)")
      #expect("0x" + Hex.text(signed.signature) == vector["signature"]?.string, "\(name)")
      // A deposit wallet's signature is its owner's over another digest, followed by what the contract needs to rebuild that.
      let digest = try #require(Word256(hex: try Self.text(vector, "digest")))
      #expect((digest.hex == signed.id.text) == (order.wallet != .deposit), "\(name)")
      #expect(
        try EthereumKey.recover(digest, signature: Array(signed.signature.prefix(65))) == Self.key(vector).address,
        "\(name)")

      let timeInForce = try #require(TimeInForce(rawValue: try Self.text(input, "orderType")))
      let body = signed.body(
        owner: try Self.text(input, "owner"), timeInForce: timeInForce,
        expiration: timeInForce == .goodTillDate ? input["expiration"]?.int : nil,
        postOnly: input["postOnly"]?.bool ?? false)
      #expect(String(decoding: body, as: UTF8.self) == vector["postBody"]?.string, "\(name)")

      // The present client posts the same members in another order, and `postOnly` only where it is set.
      if let other = vector["postBodyUnifiedClient"]?.string {
        let (ours, theirs) = (try JSON.parse(body), try JSON.parse(other))
        func members(_ json: JSON?) -> [String: JSON] {
          Dictionary((json?.members ?? []).map { ($0.key, $0.value) }) { first, _ in first }
        }
        #expect(members(ours["order"]) == members(theirs["order"]), "\(name)")
        var (outer, expected) = (members(ours), members(theirs))
        (outer["order"], expected["order"]) = (nil, nil)
        if outer["postOnly"] == false { outer["postOnly"] = nil }
        #expect(outer == expected, "\(name)")
      }

      let tick = try #require(PriceTick(venue: try input.need("tickSize")))
      let exact = try Self.amounts(input, side: order.side, tick: tick, cutByFloats: false)
      if exact != order.amounts {
        #expect(
          try Self.amounts(input, side: order.side, tick: tick, cutByFloats: true) == order.amounts, "\(name)")
      }
      seen += 1
    }
    #expect(seen > 0)
  }

  @Test("A key that was lent trading signs for the deposit wallet as its owner would, and the signature names it")
  func delegates() throws {
    var seen = 0
    for vector in try Self.vectors("signed_orders.json") {
      guard let wanted = vector["delegatedSignerWrappedExample"]?.string else { continue }
      let name = try Self.text(vector, "id")
      let order = try Self.order(try vector.need("order"))
      let domain = ExchangeDomain(
        token: try Word256(order.token), negRisk: vector["input"]?["negRisk"]?.bool ?? false,
        chainID: UInt64(try vector.needInt("chainId")))
      let key = try Self.key(vector)
      let signed = try OrderSigner(key: key, isDelegate: true).sign(order, for: domain)
      #expect("0x" + Hex.text(signed.signature) == wanted, "\(name)")
      #expect(signed.id.text == vector["orderHash"]?.string, "\(name)")
      // Four words stand before the signature that its owner would have made; the first is the signer, recovered from it.
      let digest = try #require(Word256(hex: try Self.text(vector, "digest")))
      let inner = Array(signed.signature[128..<193])
      #expect(
        try Word256(EthereumKey.recover(digest, signature: inner)).bytes == Array(signed.signature[..<32]), "\(name)")
      #expect(order.wallet == .deposit, "\(name)")
      seen += 1
    }
    #expect(seen > 0)
  }

  @Test(
    "Orders of the first generation have their client's id, signature and body, and their signer is recovered from them"
  )
  func legacyOrders() throws {
    var checked = 0
    for vector in try Self.vectors("signed_orders.json") where vector["protocolVersion"]?.int == 1 {
      let name = try Self.text(vector, "id")
      let json = try vector.need("order")
      let input = try vector.need("input")
      func number(_ member: String) throws -> UInt64 { try #require(UInt64(try json.needText(member))) }
      func address(_ member: String) throws -> EthereumAddress {
        try #require(EthereumAddress(try Self.text(json, member)))
      }
      let order = LegacyOrder(
        salt: try number("salt"), maker: try address("maker"), signer: try address("signer"),
        taker: try address("taker"), token: try #require(TokenID(try Self.text(json, "tokenId"))),
        amounts: OrderAmounts(maker: Int64(try number("makerAmount")), taker: Int64(try number("takerAmount"))),
        side: try number("side") == 0 ? .buy : .sell,
        wallet: try #require(ExchangeOrder.Wallet(rawValue: UInt8(try number("signatureType")))),
        expiration: try number("expiration"), nonce: try number("nonce"), feeRateBps: try number("feeRateBps"))
      let negRisk = input["negRisk"]?.bool ?? false
      #expect(LegacyOrder.domain(negRisk: negRisk).separator.hex == vector["domainSeparator"]?.string, "\(name)")
      #expect(try order.structHash().hex == vector["structHash"]?.string, "\(name)")
      let digest = try order.digest(negRisk: negRisk)
      #expect(digest.hex == vector["orderHash"]?.string, "\(name)")
      let key = try Self.key(vector)
      let signature = try key.sign(digest)
      #expect("0x" + Hex.text(signature) == vector["signature"]?.string, "\(name)")
      #expect(try EthereumKey.recover(digest, signature: signature) == key.address)
      let body = order.body(
        signature: signature, owner: try Self.text(input, "owner"),
        timeInForce: try #require(TimeInForce(rawValue: try Self.text(input, "orderType"))),
        postOnly: input["postOnly"]?.bool ?? false)
      #expect(String(decoding: body, as: UTF8.self) == vector["postBody"]?.string, "\(name)")
      checked += 1
    }
    #expect(checked > 0)
  }

  @Test("A signer's wallets are where the official client finds them")
  func wallets() throws {
    for vector in try Self.vectors("wallet_addresses.json") {
      let signer = try Self.key(vector).address
      #expect(signer.checksummed == vector["eoa"]?.string)
      #expect(WalletDerivation.proxy(of: signer).checksummed == vector["polyProxy"]?.string)
      #expect(WalletDerivation.safe(of: signer).checksummed == vector["gnosisSafe"]?.string)
      #expect(WalletDerivation.deposit(of: signer).checksummed == vector["depositWalletBeacon"]?.string)
      #expect(WalletDerivation.upgradableDeposit(of: signer).checksummed == vector["depositWalletUups"]?.string)
    }
  }

  @Test("The venue's book check sum is reproduced from the received book")
  func bookHash() throws {
    for vector in try Self.vectors("orderbook_hash.json") {
      let book = try vector.need("book")
      #expect(VenueBookHash.input(book).map { String(decoding: $0, as: UTF8.self) } == vector["hashInput"]?.string)
      #expect(Digests.bookHash(book) == vector["hash"]?.string)
      #expect(Digests.bookHash(book) == book["hash"]?.string)
    }
  }

  @Test(
    "A token id tells by its own bits which exchange it belongs to, and of a later market which condition and outcome it is"
  )
  func positionIDs() throws {
    for vector in try Self.vectors("position_ids.json") {
      let token = try #require(Word256(decimal: try Self.text(vector, "assetId")))
      #expect(token.hex == vector["hex"]?.string)
      let position = PositionID(token)
      #expect((position != nil) == vector["isV2"]?.bool)
      let domain = ExchangeDomain(token: token, negRisk: false, chainID: ExchangeDomain.polygon)
      #expect((domain.version == "3") == vector["isV2"]?.bool)
      guard let position else { continue }
      #expect(position.condition.text == vector["conditionId"]?.string)
      #expect(Int64(position.outcomeIndex) == vector["outcomeIndex"]?.int)
    }
  }
}
