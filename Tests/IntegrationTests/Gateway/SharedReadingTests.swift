import FloorIOVenue
import Shared
import Testing

@testable import OrderGateway

@Suite("Shared reading")
struct SharedReadingTests {
  private final class Venue {
    var asked: [MarketTime?] = []
    var answer: ((Result<Int, VenueCallError>) -> Void)?
    var clock = MonotonicTime(nanoseconds: 0)

    func reading() -> SharedReading<Int> {
      SharedReading(
        now: { [unowned self] in clock },
        read: { [unowned self] since, done in
          asked.append(since)
          answer = done
        })
    }
  }

  @Test(
    "Who asks while a question is under way is answered by the next one, which goes back as far as any of them wants")
  func later() {
    let venue = Venue()
    let reading = venue.reading()
    var heard: [String] = []
    func ask(_ name: String, _ second: Int64) {
      reading.ask(since: MarketTime(seconds: second)) { result, asked in
        heard.append("\(name) \((try? result.get()) ?? -1) \(asked.nanoseconds)")
      }
    }
    ask("a", 50)
    venue.clock = MonotonicTime(nanoseconds: 7)
    ask("b", 40)
    ask("c", 30)
    ask("d", 60)
    #expect(venue.asked == [MarketTime(seconds: 50)] && heard.isEmpty)
    venue.clock = MonotonicTime(nanoseconds: 9)
    venue.answer?(.success(1))
    #expect(heard == ["a 1 0"])
    #expect(venue.asked == [MarketTime(seconds: 50), MarketTime(seconds: 30)])
    venue.answer?(.success(2))
    #expect(heard == ["a 1 0", "b 2 9", "c 2 9", "d 2 9"])
    #expect(venue.asked.count == 2 && !reading.isUnderWay)
  }

  @Test("A failure reaches those who waited for that question, and nobody else; the next is asked all the same")
  func failure() {
    let venue = Venue()
    let reading = venue.reading()
    var heard: [String] = []
    reading.ask { result, _ in heard.append("a \((try? result.get()) == nil)") }
    reading.ask { result, _ in heard.append("b \((try? result.get()) == nil)") }
    venue.answer?(.failure(.malformed("nothing")))
    #expect(heard == ["a true"] && venue.asked.count == 2)
    venue.answer?(.success(3))
    #expect(heard == ["a true", "b false"])
  }

  @Test("Who asks in an answer is not answered by the question that has just ended")
  func inAnAnswer() {
    let venue = Venue()
    let reading = venue.reading()
    var heard = 0
    reading.ask { _, _ in
      heard += 1
      reading.ask { _, _ in heard += 10 }
    }
    venue.answer?(.success(1))
    #expect(heard == 1 && venue.asked.count == 2)
    venue.answer?(.success(1))
    #expect(heard == 11)
  }
}
