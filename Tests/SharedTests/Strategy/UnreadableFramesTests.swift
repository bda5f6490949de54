import Shared
import Testing

@Suite("Frames of a recording that cannot be read")
struct UnreadableFramesTests {
  @Test(
    "Each is counted, and the last is named with its reason",
    arguments: [
      ("market", #"{"event_type":"book"}"#, "events that are none"), ("market", "[1", "events that are none"),
      ("reference", #"{"topic":"crypto_prices","payload":{}"#, "prices that are none"),
      ("feed", #"{"event":"#, "unexpected end"), ("feed", #"{"event":"opened?"}"#, "no mark of the feed"),
      ("nobody", "{}", "an unknown stream"),
    ])
  func unreadable(stream: String, text: String, reason: String) throws {
    var figures = RecordedFigures()
    figures.take(stream: FeedMark.stream, frame: FeedMark.opened.json.bytes)
    #expect(figures.lastUnreadable == nil)
    figures.take(stream: stream, frame: Array(text.utf8))
    #expect(figures.unreadable == 1 && figures.frames == 2)
    let last = try #require(figures.lastUnreadable)
    #expect(last.hasPrefix("frame 2, \(stream): ") && last.contains(reason) && last.hasSuffix(text))
  }
}
