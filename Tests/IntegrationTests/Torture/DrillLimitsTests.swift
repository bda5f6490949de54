import FloorIOData
import FloorTestSupport
import Shared
import Testing

@testable import OrderGateway

@Suite("A drill without the venue's limits") struct DrillLimitsTests {
  @Test(
    "It is no key of a floor's configuration, and a document for the real venue or real money that has it is refused")
  func refused() throws {
    #expect(!FloorSchema.schema.keys.contains { $0.path == "drill" || $0.path.hasPrefix("drill.") })
    func complaint(_ mode: String, _ venue: String) throws -> Bool {
      let directory = try TemporaryDirectory()
      do {
        _ = try GatewayConfiguration(
          birth: BirthDocument(
            process: "order-gateway", stateDirectory: directory.path, runDirectory: directory.path, epoch: Epoch(1),
            boot: "b",
            configuration: ["mode": .string(mode), "venue": .string(venue), "drill": ["venue_limits": "none"]]))
        return false
      } catch {
        return error.description.contains("drill.venue_limits is for the simulated venue only")
      }
    }
    #expect(try complaint("live", "polymarket"))
    #expect(try complaint("paper", "polymarket"))
    #expect(try !complaint("paper", "sim"))
  }
}
