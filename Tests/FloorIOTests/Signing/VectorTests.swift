import FloorIOVenue
import FloorTestSupport
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
      #expect(vectors["typeHashes"]?[name]?.string == Keccak256.hash(type.utf8).hex)
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

  @Test("Orders of versions 2 and 3, of all wallets, have the clients' id, signature and body")
  func signedOrders() throws {
    var seen: [String: Int] = [:]
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
      if order.wallet != .deposit {
        let digest = try #require(Word256(hex: signed.id.text))
        #expect(try EthereumKey.recover(digest, signature: signed.signature) == Self.key(vector).address)
      }

      let timeInForce = try #require(TimeInForce(rawValue: try Self.text(input, "orderType")))
      let body = signed.body(
        owner: try Self.text(input, "owner"), timeInForce: timeInForce,
        expiration: timeInForce == .goodTillDate ? input["expiration"]?.int : nil,
        postOnly: input["postOnly"]?.bool ?? false)
      #expect(String(decoding: body, as: UTF8.self) == vector["postBody"]?.string, "\(name)")

      let tick = try #require(PriceTick(venue: try input.need("tickSize")))
      // Binary floats cut 0.29 to 0.28 in the client that made the vectors (section 2.8): where that happened, the signed amounts tell
      // the price.
      let isTrapped = input["kind"]?.string == "market" && input["price"]?.string == "0.29"
      let price = isTrapped ? try Price(parsing: "0.28") : try #require(input["price"]?.price)
      let amounts: OrderAmounts =
        if let size = input["size"]?.shares {
          try .limit(order.side, price: price, size: size, tick: tick)
        } else if order.side == .buy {
          try .marketBuy(spending: try #require(input["amount"]?.usd), price: price, tick: tick)
        } else {
          try .marketSell(of: try #require(input["amount"]?.shares), price: price, tick: tick)
        }
      #expect(amounts == order.amounts, "\(name)")
      seen["\(version) \(try Self.text(vector, "signatureTypeName"))", default: 0] += 1
    }
    #expect(seen["2 EOA", default: 0] >= 7)
    #expect(seen.values.reduce(0, +) >= 21)
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

  @Test("A deposit wallet's signature is its owner's, over the order in the wallet's own domain")
  func depositSignatures() throws {
    var checked = 0
    for vector in try Self.vectors("signed_orders.json") where vector["signatureTypeName"]?.string == "POLY_1271" {
      let signature = try #require(Hex.bytes(try Self.text(vector, "signature").dropFirst(2)))
      let digest = try #require(Word256(hex: try Self.text(vector, "digest")))
      #expect(try EthereumKey.recover(digest, signature: Array(signature[..<65])) == Self.key(vector).address)
      #expect(digest.hex != vector["orderHash"]?.string)
      checked += 1
    }
    #expect(checked > 0)
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

  @Test("A token id tells by its own bits which exchange it belongs to")
  func positionIDs() throws {
    for vector in try Self.vectors("position_ids.json") {
      let token = try #require(Word256(decimal: try Self.text(vector, "assetId")))
      let domain = ExchangeDomain(token: token, negRisk: false, chainID: ExchangeDomain.polygon)
      #expect((domain.version == "3") == vector["isV2"]?.bool)
    }
  }
}
