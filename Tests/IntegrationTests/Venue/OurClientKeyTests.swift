import FloorIOData
import FloorIOVenue
import FloorTestSupport
import Foundation
import Shared
import Testing

/// API keys, of accounts and of builders.
extension OurClientConformanceTests {
  @Test("A wallet's key is made once for each nonce and derived the same; nobody else's signature makes one")
  func keys() throws {
    let bench = try VenueClients()
    let key = try bench.newKey()
    let now = SystemClock.wall().seconds
    let made = try bench.get { bench.clob.createKey(key, timestamp: now, $0) }
    let derived = try bench.get { bench.clob.deriveKey(key, timestamp: now, $0) }
    #expect(made.apiKey == derived.apiKey && made.secret.reveal() == derived.secret.reveal())
    #expect(made.passphrase.reveal() == derived.passphrase.reveal())
    #expect(!"\(made)".contains(made.secret.reveal()))
    let again = try bench.wait { bench.clob.createKey(key, timestamp: now, $0) }
    #expect(status(again).map { $0 == (400, "Could not create api key") } == true)
    let other = try bench.get { bench.clob.createKey(key, nonce: "7", timestamp: now, $0) }
    #expect(other.apiKey != made.apiKey)
    let none = try bench.wait { bench.clob.deriveKey(key, nonce: "8", timestamp: now, $0) }
    #expect(status(none).map { $0 == (400, "Could not derive api key!") } == true)
    let trader = try VenueTrader(bench, key: key, credentials: made, wallet: .plain)
    #expect(try bench.get { trader.clob.keys($0) }.sorted() == [made.apiKey, other.apiKey].sorted())

    let late = try bench.newKey()
    let old = try bench.wait { bench.clob.createKey(late, timestamp: now - 3600, $0) }
    #expect(status(old)?.0 == 401)
  }

  @Test("Wrong secrets, passphrases and keys open nothing")
  func wrongCredentials() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    let good = trader.credentials
    let secret = good.secret.reveal()
    let wrong = (secret.first == "A" ? "B" : "A") + secret.dropFirst()
    for (apiKey, secret, passphrase) in [
      (good.apiKey, wrong, good.passphrase.reveal()), (good.apiKey, secret, "guess"),
      ("00000000-0000-4000-8000-00000000abcd", secret, good.passphrase.reveal()),
    ] {
      let clob = ClobClient(
        http: bench.http, base: bench.venue.base,
        credentials: try L2Authentication(
          address: trader.key.address, apiKey: apiKey, secret: secret, passphrase: passphrase))
      let answer = try bench.wait { clob.openOrders($0) }
      #expect(status(answer).map { $0 == (401, "Unauthorized/Invalid api key") } == true)
    }
    #expect(try trader.open().isEmpty)
  }

  @Test("A builder's keys are made, listed and given up in their own name, and open no account")
  func builderKeys() throws {
    let bench = try VenueClients()
    let trader = try bench.trader()
    #expect(try bench.get { trader.clob.builderKeys($0) }.isEmpty)
    let first = try bench.get { trader.clob.createBuilderKey($0) }
    let second = try bench.get { trader.clob.createBuilderKey($0) }
    #expect(Set([first.apiKey, second.apiKey, trader.credentials.apiKey]).count == 3)
    #expect(!"\(first)".contains(first.secret.reveal()))
    var listed = try bench.get { trader.clob.builderKeys($0) }
    #expect(listed.map(\.key) == [first.apiKey, second.apiKey])
    #expect(listed.allSatisfy { $0.revoked == nil && $0.created.flatMap { Int64($0) } != nil })
    let builder = try first.authentication(of: trader.key.address)
    let stranger = ClobClient(http: bench.http, base: bench.venue.base, credentials: builder)
    #expect(status(try bench.wait { stranger.openOrders($0) })?.0 == 401, "it opens no account")
    let wrong = try L2Authentication(
      address: trader.key.address, apiKey: first.apiKey, secret: second.secret.reveal(),
      passphrase: first.passphrase.reveal())
    #expect(status(try bench.wait { trader.clob.revoke(wrong, $0) })?.0 == 401)
    try bench.get { trader.clob.revoke(builder, $0) }
    #expect(status(try bench.wait { trader.clob.revoke(builder, $0) })?.0 == 401, "once")
    listed = try bench.get { trader.clob.builderKeys($0) }
    #expect(listed.map { $0.revoked != nil } == [true, false])
    #expect(try bench.get { trader.clob.keys($0) } == [trader.credentials.apiKey])
    let other = try bench.trader()
    #expect(try bench.get { other.clob.builderKeys($0) }.isEmpty)
    #expect(status(try bench.wait { bench.clob.createBuilderKey($0) })?.0 == 401)
  }

  // MARK: Reading
}
