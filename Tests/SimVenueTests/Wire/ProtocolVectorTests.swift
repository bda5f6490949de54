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

  @Test(
    "every posted V2 order of a plain wallet has its id, its signer and its terms; others are refused in the venue's words"
  )
  func signedOrders() throws {
    var accepted = 0
    for vector in try vectors("signed_orders.json") {
      let input = try #require(vector["input"])
      let owner = try #require(input["owner"]?.asText)
      let address = try #require(vector["signerAddress"]?.asText).lowercased()
      let key = Gate.Key(apiKey: owner, secret: [], passphrase: "", address: address)
      var gate = Gate.standard(keys: [key])
      gate.chain = vector["chainId"]?.asNumber ?? 137
      let text = try #require(vector["postBody"]?.asText)
      let body = try #require(WireReader.read(text))
      let plain =
        vector["protocolVersion"]?.asNumber == 2 && vector["signatureTypeName"]?.asText == "EOA"
        && input["negRisk"]?.asFlag == false
      do throws(OrderRefusal) {
        let posted = try gate.order(body, key: key, account: 0)
        #expect(plain, "\(vector["id"]?.asText ?? "") should be refused")
        #expect(posted.id == vector["orderHash"]?.asText)
        accepted += 1
      } catch {
        #expect(!plain, "\(vector["id"]?.asText ?? ""): \(error.text)")
      }
    }
    #expect(accepted > 0)
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
        _ = try gate.order(body, key: key, account: 0)
        return nil
      } catch {
        return error.text
      }
    }
    #expect(try refusal("\"makerAmount\":\"\(making)\"", "\"makerAmount\":\"\(making)0\"") == "invalid signature")
    #expect(try refusal(owner, "another") == "the order owner has to be the owner of the API KEY")
    #expect(try refusal("\"side\":\"", "\"side\":\"X") == "Invalid side")
    #expect(try refusal("\"timestamp\"", "\"nonce\"") == "order_version_mismatch")
    #expect(try refusal("\"signatureType\":0", "\"signatureType\":2") == "Invalid signature_type")
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
