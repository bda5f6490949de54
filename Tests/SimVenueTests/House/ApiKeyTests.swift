import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

@testable import SimVenue

@Suite("API keys of the served venue", .serialized, .hangLimit) struct ApiKeyTests {
  private func ask(
    _ venue: RunningVenue, _ method: String, _ path: String, by key: EthereumKey, nonce: String = "0"
  ) throws -> RunningVenue.Reply {
    let statement = try #require(
      ClobAuth(address: key.address, chainID: 137, timestamp: SystemClock.wall().seconds, nonce: nonce))
    let headers = try statement.headers(signedBy: key).map { ($0.name, $0.value) }
    return try venue.ask(method, path, headers: headers)
  }

  private func balance(_ venue: RunningVenue, _ made: RunningVenue.Reply, of key: EthereumKey, kind: Int) throws
    -> String?
  {
    let login = try L2Authentication(
      address: key.address, apiKey: made["apiKey"]?.asText ?? "", secret: made["secret"]?.asText ?? "",
      passphrase: made["passphrase"]?.asText ?? "")
    let path = "/balance-allowance"
    let headers = login.headers(timestamp: SystemClock.wall().seconds, method: "GET", path: path, body: [])
    let reply = try venue.ask(
      "GET", path, query: "asset_type=COLLATERAL&signature_type=\(kind)", headers: headers.map { ($0.name, $0.value) })
    return reply["balance"]?.asText
  }

  @Test(
    "Keys and wallets outlive a kill; their secrets stand in no truth log, and the venue's own wallet has its key from its file"
  )
  func keysOutliveAKill() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(["--capital", "250"], data: directory.path + "/venue")
    let key = try EthereumKey(privateKey: SystemRandom.bytes(32))
    let first = try ask(venue, "POST", "/auth/api-key", by: key)
    let second = try ask(venue, "POST", "/auth/api-key", by: key, nonce: "18446744073709551621")
    #expect(first.status == 200 && second.status == 200)
    for kind in 0...3 { #expect(try balance(venue, first, of: key, kind: kind) == "250000000") }
    let accounts = { try venue.truth().filter { $0["kind"]?.asText == "account" } }
    #expect(try accounts().count == 5)
    let builder = try venue.signed("POST", "/auth/builder-api-key")
    #expect(builder.status == 200 && builder["key"]?.asText != nil)
    venue.kill9()
    try venue.restart()
    let kept = try venue.signed("GET", "/auth/builder-api-key").body.asList
    #expect(kept?.map { $0["key"] } == [builder["key"]])
    let again = try ask(venue, "GET", "/auth/derive-api-key", by: key)
    #expect(again.body == first.body)
    #expect(try ask(venue, "GET", "/auth/derive-api-key", by: key, nonce: "18446744073709551621").body == second.body)
    #expect(try ask(venue, "POST", "/auth/api-key", by: key).status == 400)
    for kind in 0...3 { #expect(try balance(venue, second, of: key, kind: kind) == "250000000") }
    #expect(try accounts().count == 5, "a wallet was opened twice")
    let own = try ask(venue, "GET", "/auth/derive-api-key", by: venue.signer.key)
    #expect(own["secret"]?.asText == venue.credentials.secret && own["apiKey"]?.asText == venue.credentials.apiKey)
    let log = try String(contentsOfFile: venue.data + "/truth.jsonl", encoding: .utf8)
    for reply in [first, second, own, builder] {
      #expect(!log.contains(try #require(reply["secret"]?.asText)))
      #expect(!log.contains(try #require(reply["passphrase"]?.asText)))
    }
    #expect(venue.stop() == 0)
  }

  @Test("A venue whose log knows keys that its secret does not make says so and stays closed")
  func lostSecret() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    #expect(
      try ask(venue, "POST", "/auth/api-key", by: EthereumKey(privateKey: SystemRandom.bytes(32))).status == 200)
    #expect(venue.stop() == 0)
    try FileManager.default.removeItem(atPath: venue.data + "/api-keys.secret")
    #expect(throws: RunningVenue.Failure.self) { try venue.restart() }
  }

  @Test("Hostile stamps are refused, and the venue is still there")
  func hostileStamps() throws {
    let directory = try TemporaryDirectory()
    let venue = try RunningVenue(data: directory.path + "/venue")
    for stamp in [String(Int64.min), String(Int64.max), "99999999999999999999", "-1", "", "x"] {
      let headers = [
        ("POLY_ADDRESS", venue.credentials.address), ("POLY_TIMESTAMP", stamp), ("POLY_NONCE", stamp),
        ("POLY_SIGNATURE", "0x" + String(repeating: "11", count: 65)), ("POLY_API_KEY", venue.credentials.apiKey),
        ("POLY_PASSPHRASE", venue.credentials.passphrase),
      ]
      #expect(try venue.ask("POST", "/auth/api-key", headers: headers).status == 401)
      #expect(try venue.ask("GET", "/data/orders", headers: headers).status == 401)
      let token = try venue.question().token
      #expect(
        try venue.get("/prices-history", "market=\(token)&interval=max&fidelity=\(Int64.max)").status == 400)
    }
    #expect(
      try venue.ask("POST", "/sim/skew", body: Array(#"{"seconds":\#(Int64.min)}"#.utf8)).status == 400)
    #expect(venue.stop() == 0)
  }

  @Test("Without the file that keys are made from, or with a torn one, nothing opens by guesswork")
  func tornSecret() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/secret"
    let mint = try KeyMint.open(path)
    let key = mint.key(address: "0xAB", nonce: "3")
    #expect(try KeyMint.open(path).key(address: "0xab", nonce: "3") == key)
    #expect(key != mint.key(address: "0xab", nonce: "4"))
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    try "12ab".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(throws: Credentials.Problem.self) { try KeyMint.open(path) }
  }
}
