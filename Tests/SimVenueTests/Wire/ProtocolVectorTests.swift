import FloorTestSupport
import Shared
import Testing

@testable import SimVenue

@Suite(
  "The venue's own reading of the protocol",
  .enabled(if: ReferenceFiles.vectors.isPresent, Comment(rawValue: ReferenceFiles.vectors.absence)))
struct ProtocolVectorTests {
  private func vectors(_ name: String) throws -> [WireValue] {
    let bytes = try ReferenceFiles.vectors.bytes(name)
    let value = try #require(WireReader.read(bytes))
    return try #require(value["vectors"]?.asList)
  }

  @Test("every request signature of the official clients is the one expected")
  func requestSignatures() throws {
    var checked = 0
    for vector in try vectors("l2_hmac.json") {
      let secret = try #require(vector["secret"]?.asText.flatMap(Base64URL.decode))
      let signature = RequestSignature.expected(
        secret: secret, timestamp: try #require(vector["timestamp"]?.asText),
        method: try #require(vector["method"]?.asText),
        path: try #require(vector["path"]?.asText), body: Array((vector["body"]?.asText ?? "").utf8))
      #expect(signature == vector["signature"]?.asText, "\(vector["id"]?.asText ?? "")")
      checked += 1
    }
    #expect(checked > 0)
  }

  /// The contract that settles a vector's market.
  private func exchange(_ vector: WireValue) -> TypedOrder.Exchange {
    vector["protocolVersion"]?.asNumber == 3
      ? .third : vector["input"]?["negRisk"]?.asFlag == true ? .negativeRisk : .standard
  }

  @Test(
    "every posted order of the present generations, of every kind of wallet, has its id and its signer; the first is refused"
  )
  func signedOrders() throws {
    var accepted: Set<String> = []
    for vector in try vectors("signed_orders.json") {
      let name = vector["id"]?.asText ?? ""
      let owner = try #require(vector["input"]?["owner"]?.asText)
      let address = try #require(vector["signerAddress"]?.asText).lowercased()
      let key = Gate.Key(apiKey: owner, secret: [], passphrase: "", address: address)
      var gate = Gate.standard(keys: [key])
      gate.chain = vector["chainId"]?.asNumber ?? 137
      let text = try #require(vector["postBody"]?.asText)
      let body = try #require(WireReader.read(text))
      let isPresent = try #require(vector["protocolVersion"]?.asNumber) >= 2
      do throws(OrderRefusal) {
        let signed = try gate.order(body, key: key, exchange: exchange(vector))
        #expect(isPresent, "\(name) should be refused")
        #expect(signed.posted.id == vector["orderHash"]?.asText, "\(name)")
        #expect(signed.maker == vector["order"]?["maker"]?.asText?.lowercased(), "\(name)")
        accepted.insert("\(exchange(vector)) \(signed.wallet)")
      } catch {
        #expect(!isPresent, "\(name): \(error.text)")
        #expect(error.text == "order_version_mismatch", "\(name)")
      }
      // Signed for another contract it is another generation's, whoever signed it.
      let other: TypedOrder.Exchange = exchange(vector) == .third ? .standard : .third
      #expect(throws: OrderRefusal(text: "order_version_mismatch")) {
        try gate.order(body, key: key, exchange: other)
      }
    }
    #expect(accepted.isSuperset(of: WalletKind.allCases.map { "standard \($0)" }))
    #expect(accepted.contains("third plain") && accepted.contains("negativeRisk plain"))
  }

  @Test("a deposit wallet's order signed in a delegate's form is its owner's, and nobody else's")
  func delegates() throws {
    var seen = 0
    for vector in try vectors("signed_orders.json") {
      guard let wrapped = vector["delegatedSignerWrappedExample"]?.asText, let plain = vector["signature"]?.asText
      else {
        continue
      }
      let name = vector["id"]?.asText ?? ""
      let bytes = try #require(SimVenue.Hex.bytes(wrapped))
      let address = try #require(vector["signerAddress"]?.asText).lowercased()
      let read = try #require(DelegatedSignature(bytes), "\(name)")
      #expect(read.delegate == address && "0x" + SimVenue.Hex.text(read.signature) == plain, "\(name)")
      func post(_ signature: String) throws -> Gate.SignedOrder {
        let text = try #require(vector["postBody"]?.asText)
        let body = try #require(WireReader.read(text.replacing(plain, with: signature)))
        let key = Gate.Key(
          apiKey: try #require(vector["input"]?["owner"]?.asText), secret: [], passphrase: "", address: address)
        var gate = Gate.standard(keys: [key])
        gate.chain = vector["chainId"]?.asNumber ?? 137
        return try gate.order(body, key: key, exchange: exchange(vector))
      }
      #expect(try post(wrapped).posted.id == vector["orderHash"]?.asText, "\(name)")
      // Another delegate's name, a wrong length, a byte in the padding, another mark.
      for place in [31, 127, bytes.count - 33, bytes.count - 1] {
        var spoilt = bytes
        spoilt[place] ^= 1
        #expect(throws: OrderRefusal(text: "invalid signature"), "\(name), byte \(place)") {
          try post("0x" + SimVenue.Hex.text(spoilt))
        }
      }
      seen += 1
    }
    #expect(seen > 0)
  }

  @Test("every wallet of a signer is where the official client finds it")
  func wallets() throws {
    let rows = try vectors("wallet_addresses.json")
    let keccak = Gate.standard(keys: []).keccak
    for row in rows {
      func address(_ name: String) throws -> String { try #require(row[name]?.asText).lowercased() }
      let signer = try address("eoa")
      #expect(WalletKind.plain.addresses(of: signer, keccak: keccak) == [signer])
      #expect(try WalletKind.proxy.addresses(of: signer, keccak: keccak) == [address("polyProxy")])
      #expect(try WalletKind.safe.addresses(of: signer, keccak: keccak) == [address("gnosisSafe")])
      #expect(
        try WalletKind.deposit.addresses(of: signer, keccak: keccak)
          == [address("depositWalletBeacon"), address("depositWalletUups")])
    }
    #expect(!rows.isEmpty)
  }

  @Test("every level 1 signature names its wallet, and not with another nonce, time or signature")
  func levelOne() throws {
    let rows = try vectors("l1_clob_auth.json")
    for row in rows {
      var gate = Gate.standard(keys: [])
      gate.chain = row["chainId"]?.asNumber ?? 137
      let stamp = try #require(row["timestamp"]?.asText)
      let address = try #require(row["address"]?.asText)
      let wall = WallTime(seconds: try #require(Int64(stamp)))
      var headers = ["poly_address": address, "poly_timestamp": stamp]
      headers["poly_nonce"] = try #require(row["nonce"]?.asText)
      headers["poly_signature"] = try #require(row["signature"]?.asText)
      func signer(_ changes: [String: String] = [:], at moment: WallTime? = nil) -> String? {
        let call = Call(method: "POST", path: "/auth/api-key", headers: headers.merging(changes) { $1 })
        return gate.signer(of: call, wall: moment ?? wall)?.address
      }
      #expect(signer() == address.lowercased())
      #expect(signer(at: wall.advanced(by: .seconds(61))) == nil)
      #expect(signer(["poly_nonce": "123456"]) == nil)
      #expect(signer(["poly_timestamp": String(wall.seconds + 1)]) == nil)
      #expect(signer(["poly_signature": "0x" + String(repeating: "11", count: 65)]) == nil)
      #expect(signer(["poly_signature": "0x11"]) == nil)
    }
    #expect(!rows.isEmpty)
  }

  @Test("a changed amount, owner or signature is noticed")
  func tampering() throws {
    let found = try vectors("signed_orders.json").first {
      $0["protocolVersion"]?.asNumber == 2 && $0["signatureTypeName"]?.asText == "EOA"
        && $0["input"]?["negRisk"]?.asFlag == false && $0["chainId"]?.asNumber == 137
    }
    let vector = try #require(found)
    let owner = try #require(vector["input"]?["owner"]?.asText)
    let key = Gate.Key(
      apiKey: owner, secret: [], passphrase: "", address: try #require(vector["signerAddress"]?.asText).lowercased())
    let gate = Gate.standard(keys: [key])
    let text = try #require(vector["postBody"]?.asText)
    let making = try #require(vector["order"]?["makerAmount"]?.asText)
    func refusal(_ old: String, _ new: String) throws -> String? {
      #expect(text.contains(old))
      let body = try #require(WireReader.read(text.replacing(old, with: new)))
      do throws(OrderRefusal) {
        _ = try gate.order(body, key: key, exchange: .standard)
        return nil
      } catch {
        return error.text
      }
    }
    #expect(try refusal("\"makerAmount\":\"\(making)\"", "\"makerAmount\":\"\(making)0\"") == "invalid signature")
    #expect(try refusal(owner, "another") == "the order owner has to be the owner of the API KEY")
    #expect(try refusal("\"side\":\"", "\"side\":\"X") == "Invalid side")
    #expect(try refusal("\"timestamp\"", "\"nonce\"") == "order_version_mismatch")
    #expect(
      try refusal("\"signatureType\":0", "\"signatureType\":2")
        == "maker address not allowed, please use the deposit wallet flow")
    #expect(try refusal("\"signatureType\":0", "\"signatureType\":4") == "Invalid signature_type")
    #expect(
      try refusal("\"signatureType\":0", "\"signatureType\":3")
        == "maker address not allowed, please use the deposit wallet flow")
  }

  @Test("every book hash is reproduced by the same text")
  func bookHashes() throws {
    for vector in try vectors("orderbook_hash.json") {
      let text = try #require(vector["hashInput"]?.asText)
      #expect(SimVenue.Hex.text(SimVenue.Digests.sha1(Array(text.utf8))) == vector["hash"]?.asText)
    }
  }

  @Test("every fee of the table is the nearest of its two neighbours")
  func fees() throws {
    let bytes = try ReferenceFiles.vectors.bytes("fees.json")
    let file = try #require(WireReader.read(bytes))
    let rows = try #require((file["fees"] ?? file["vectors"]?["fees"])?.asList)
    for row in rows where row["exponent"]?.asNumber == 1 {
      let fee = FeeCurve.fee(
        shares: Shares(micros: try #require(row["shares"]?.asMicros)),
        price: try #require(row["price"]?.asMicros.flatMap(Price.init(micros:))),
        rate: try #require(row["rate"]?.asMicros))
      #expect(fee.micros == row["feeRoundedNearest5"]?.asMicros, "\(row["id"]?.asText ?? "")")
    }
    #expect(!rows.isEmpty)
  }
}
