import FloorTestSupport
import Testing

@testable import SimVenue

/// The official clients, unmodified, cannot tell the venue from the real one: what they do is written in `Tests/Conformance`.
@Suite(
  "Official clients at the simulated venue", .serialized,
  .enabled(if: OfficialClients.isPresent, Comment(rawValue: OfficialClients.absence)))
struct ConformanceTests {
  @Test(
    "Keys, reading, orders, wallets and streams are as the client expects them",
    arguments: ["test_client_v2", "test_sdk", "test_legacy"])
  func conformance(file: String) async throws {
    let folder = try TemporaryDirectory()
    let seed = Seeds.some(1)[0] % 1_000_000
    let venue = try RunningVenue(["--seed", String(seed)], data: folder.path)
    let outcome = try await OfficialClients.run(file, against: venue)
    let failed = outcome.output.split(separator: "\n").filter { $0.hasPrefix("FAIL: ") || $0.hasPrefix("ERROR: ") }
    #expect(outcome.status == 0, "seed \(seed): \(failed.joined(separator: "; "))\n\(outcome.output.suffix(6000))")
    #expect(outcome.ran > 3, "\(outcome.output.suffix(2000))")
  }
}
