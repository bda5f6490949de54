import Shared
import Testing

@Suite("The time of an ordered stop")
struct StopTimesTests {
  @Test("What agents and desk do not need for their kill ladders is the gateway's, and never less than two seconds")
  func shares() {
    #expect(StopTimes(within: .seconds(20), killAfter: .seconds(2)).gatewayDrain == .seconds(9))
    #expect(StopTimes(within: .seconds(60), killAfter: .seconds(2)).gatewayDrain == .seconds(49))
    #expect(StopTimes(within: .seconds(5), killAfter: .seconds(2)).gatewayDrain == .seconds(2))
  }
}
