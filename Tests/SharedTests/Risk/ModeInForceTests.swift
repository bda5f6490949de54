import Shared
import Testing

@Suite("The mode in force")
struct ModeInForceTests {
  private func told(_ recorded: FloorMode?, _ gateway: FloorMode?) -> String {
    let told = ModeInForce(
      recorded: recorded, recordedReason: "written", gateway: gateway, gatewayNote: "daily_loss loss_usd=100")
    return "\(told.mode.rawValue): \(told.reason)"
  }

  @Test("The tightest of record and gateway is told, with the reason of whoever holds to it")
  func tightest() {
    #expect(told(.active, .active) == "ACTIVE: written")
    #expect(told(.active, .reduceOnly) == "REDUCE_ONLY: the gateway: daily_loss loss_usd=100")
    #expect(told(.halted, .reduceOnly) == "HALTED: written")
    #expect(told(.reduceOnly, nil) == "REDUCE_ONLY: written")
    #expect(told(nil, .fileFallback) == "FILE_FALLBACK: the gateway: daily_loss loss_usd=100")
    #expect(told(nil, nil) == "CANCEL_ONLY: neither the record nor the gateway answers")
  }
}
