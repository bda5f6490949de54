import Shared
import Testing

@testable import SimVenue

@Suite("Limits of each signer")
struct SignerLimitsTests {
  private let start = WallTime(seconds: 1_800_000_000)

  private func limits(_ text: String) throws -> SignerLimits { try SignerLimits(try #require(WireReader.read(text))) }

  private func take(
    _ limits: inout SignerLimits, _ bucket: SignerLimits.Bucket, _ tokens: Int64 = 1, of signer: String = "a",
    percent: Int64 = 100, after: Duration = .zero
  ) -> (standing: SignerLimits.Standing, refusal: Answer?) {
    let wall = start.advanced(by: after)
    return limits.take(.init(bucket: bucket, tokens: tokens), of: signer, percent: percent, at: wall, shown: wall)
  }

  @Test(
    "each tier's burst passes at once and its rate afterwards, in orders and twice as many cancels",
    arguments: [("standard", 40, 60), ("gold", 400, 600), ("diamond", 525, 787), ("elite", 600, 900)])
  func tiers(tier: String, rate: Int64, burst: Int64) throws {
    for (bucket, times) in [(SignerLimits.Bucket.orders, Int64(1)), (.cancels, 2)] {
      var limits = try limits(#"{"tier":"\#(tier)"}"#)
      var passed: Int64 = 0
      while take(&limits, bucket).refusal == nil { passed += 1 }
      let whole = bucket == .cancels ? rate * 3 : burst
      #expect(passed == whole, "\(bucket)")
      for millisecond in Int64(1)...2000 where take(&limits, bucket, after: .milliseconds(millisecond)).refusal == nil {
        passed += 1
      }
      // Asked once a millisecond, no more than one passes in each.
      #expect(passed == whole + min(rate * times * 2, 2000), "\(bucket)")
      #expect(take(&limits, bucket, of: "b", after: .seconds(2)).refusal == nil, "another signer has its own")
    }
  }

  @Test("the answer says what is left, when the wait ends and which tier was applied; a refusal says how long to wait")
  func standing() throws {
    var limits = try limits("{}")
    let first = take(&limits, .orders)
    #expect(first.refusal == nil && first.standing.remaining == 59 && first.standing.reset == start.seconds)
    #expect(
      first.standing.headers.map(\.name) == ["Poly-RateLimit-Remaining", "Poly-RateLimit-Reset", "Poly-RateLimit-Tier"])
    let all = take(&limits, .orders, 59)
    #expect(all.refusal == nil && all.standing.remaining == 0)
    // A token comes in 25 ms: told in whole seconds, rounded up.
    #expect(all.standing.reset == start.seconds + 1)
    let refused = take(&limits, .orders, 60)
    #expect(refused.refusal?.status == 429 && refused.refusal?.retryAfter == 2 && refused.standing.remaining == 0)
    let later = take(&limits, .orders, after: .milliseconds(25))
    #expect(later.refusal == nil && later.standing.remaining == 0 && take(&limits, .cancels).standing.remaining == 119)
  }

  @Test(
    "a batch that is too much is refused whole, and one above the burst for ever; a low tier may owe cancels, a high one not"
  )
  func batches() throws {
    var limits = try limits("{}")
    #expect(take(&limits, .orders, 50).refusal == nil)
    #expect(take(&limits, .orders, 15).refusal != nil && take(&limits, .orders, 10).refusal == nil)
    #expect(take(&limits, .orders, 61, after: .seconds(3600)).refusal != nil)
    let owing = take(&limits, .cancels, 201)
    #expect(owing.refusal == nil && owing.standing.remaining == -81)
    #expect(take(&limits, .cancels, after: .seconds(1)).refusal?.retryAfter == 1)
    #expect(take(&limits, .cancels, after: .milliseconds(1025)).refusal == nil)
    var high = try self.limits(#"{"tier":"platinum"}"#)
    #expect(take(&high, .cancels, 1351).refusal != nil && take(&high, .cancels, 1350).refusal == nil)
  }

  @Test("limits that only warn let everything pass and say what would have been refused")
  func warning() throws {
    var limits = try limits(#"{"warns":true}"#)
    for _ in 0..<60 { #expect(!take(&limits, .orders).standing.isWarning) }
    let warned = take(&limits, .orders)
    #expect(warned.refusal == nil && warned.standing.headers.last?.name == "Poly-RateLimit-Warning")
    #expect(warned.standing.headers.last?.value == "true" && limits.warned == 1 && limits.refused == 0)
    #expect(!take(&limits, .orders, after: .milliseconds(25)).standing.isWarning)
  }

  @Test("a few per cent of a tier are a small burst and a slow rate, kept to the last token")
  func percent() throws {
    var limits = try limits("{}")
    var passed: [Int64] = []
    for millisecond in Int64(0)..<10_000
    where take(&limits, .orders, percent: 5, after: .milliseconds(millisecond)).refusal == nil {
      passed.append(millisecond)
    }
    #expect(passed.prefix(3) == [0, 1, 2] && passed.dropFirst(3).prefix(2) == [500, 1000])
    #expect(passed.count == 3 + 19)
  }

  @Test("a tier may be called by a word that nobody knows")
  func called() throws {
    var limits = try limits(#"{"tier":"gold","called":"mythril"}"#)
    #expect(
      take(&limits, .orders).standing == .init(remaining: 599, reset: start.seconds, tier: "mythril", isWarning: false))
  }

  @Test("what the console cannot read is refused with the remedy")
  func console() throws {
    for (text, words) in [
      (#"{"tier":"mythril"}"#, "tier is one of standard"), (#"{"warns":1}"#, "warns is true or false"),
      (#"{"called":"a b"}"#, "called is a word"),
    ] {
      let problem = #expect(throws: FaultProblem.self) { try limits(text) }
      #expect(problem?.description.hasPrefix(words) == true)
    }
  }
}
