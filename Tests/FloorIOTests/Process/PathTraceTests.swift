import Shared
import Testing

@testable import FloorIOData

@Suite struct PathTraceTests {
  @Test(
    "the whole number after a key is found wherever it stands, and only there",
    arguments: [
      ("{\"ts_ns\":123,\"b\":4}", 123), ("{\"a\":\"ts_n\",\"ts_ns\":7}", 7),
      ("{\"ts_ns\":9223372036854775807}", Int64.max),
      ("{\"ts_ns\":9223372036854775808}", nil), ("{\"ts_ns\":\"5\"}", nil), ("{\"ts_ns\":", nil), ("", nil),
    ] as [(String, Int64?)]) func numbers(text: String, expected: Int64?)
  {
    #expect(PathTrace.number(after: "\"ts_ns\":", in: Array(text.utf8)) == expected)
  }

  @Test("what was noted stands in the file, a line a moment, messages without the key left out") func written() throws {
    let directory = ScratchDirectory()
    let trace = PathTrace(directory: directory.path, process: "order-gateway")
    let intent = try #require(IntentID("momentum-1.3000000042"))
    trace.note(.committed, intent, at: MonotonicTime(nanoseconds: 55))
    trace.note(.feedReceived, Array("{\"timestamp\":\"1700\"}".utf8), after: "\"timestamp\":\"", scale: 1_000_000)
    trace.note(.feedReceived, Array("PONG".utf8), after: "\"timestamp\":\"")
    try trace.write()
    let lines = String(
      decoding: try SmallFile.read(directory.path + "/order-gateway.trace", bytesMax: 1000), as: UTF8.self
    )
    .split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0] == "committed 3000000042 55")
    #expect(lines[1].hasPrefix("feed_received 1700000000 "))
  }
}
