import FloorTestSupport
import Shared
import Testing

@Suite("The proof that a halt is flat")
struct FlatProofTests {
  private typealias Own = FlatProof.Own
  private let one = VenueOrderID("0x" + String(repeating: "1", count: 64))!
  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: 0).advanced(by: .milliseconds(milliseconds))
  }

  @Test("Everything is taken out first, and read back once that was answered; an empty list is the proof")
  func straight() {
    var proof = FlatProof(began: at(0))
    #expect(proof.step(Own(working: 1), at(0)) == [.cancelAll])
    #expect(proof.step(Own(working: 1), at(40)) == [])
    proof.cancelAnswered(true)
    #expect(proof.step(Own(), at(50)) == [.readBack])
    proof.read([], asked: at(50), at(100))
    #expect(proof.step(Own(), at(100)) == [.tell(.flat(after: .milliseconds(100)))])
    #expect(proof.isFlat && proof.step(Own(), at(2000)) == [])
  }

  @Test("A list that was asked for while an order was on its way, or before, proves nothing")
  func underWay() {
    var proof = FlatProof(began: at(0))
    _ = proof.step(Own(sending: 1), at(0))
    proof.cancelAnswered(true)
    #expect(proof.step(Own(sending: 1), at(50)) == [.readBack])
    proof.read([], asked: at(50), at(100))
    #expect(proof.step(Own(), at(100)) == [])
    #expect(proof.step(Own(), at(160)) == [.readBack])
    proof.read([], asked: at(160), at(200))
    #expect(proof.step(Own(), at(200)) == [.tell(.flat(after: .milliseconds(200)))])
  }

  @Test("No order of unknown outcome, none whose end is not known, and no gateway that has not read its orders is flat")
  func ownOrders() {
    for own in [Own(unknown: 1), Own(working: 1), nil] {
      var proof = FlatProof(began: at(0))
      _ = proof.step(own, at(0))
      proof.cancelAnswered(true)
      _ = proof.step(own, at(10))
      proof.read([], asked: at(10), at(20))
      #expect(!proof.step(own, at(20)).contains { if case .tell = $0 { true } else { false } })
      let alarm = proof.step(own, at(1000)).last
      guard case .tell(.notFlat(let after, let obstacles)) = alarm else {
        Issue.record("no alarm but \(String(describing: alarm))")
        continue
      }
      #expect(after == .seconds(1))
      let wanted: FlatProof.Obstacle = own == nil ? .notReady : own!.unknown > 0 ? .unknown(1) : .working(1)
      #expect(obstacles.contains(wanted))
    }
  }

  @Test("What is still listed is taken out again, and what nobody answers is asked again")
  func again() {
    var proof = FlatProof(began: at(0))
    #expect(proof.step(Own(), at(0)) == [.cancelAll])
    // No answer: both questions go out once the patience is over.
    #expect(proof.step(Own(), at(240)) == [])
    #expect(proof.step(Own(), at(250)) == [.cancelAll])
    proof.cancelAnswered(false)
    #expect(proof.step(Own(), at(260)) == [.readBack])
    #expect(proof.step(Own(), at(350)) == [.cancelAll])
    proof.cancelAnswered(true)
    proof.read([one], asked: at(260), at(360))
    #expect(proof.step(Own(), at(450)) == [.cancelAll])
  }

  @Test("A venue that says nothing is an alarm after a second, once a minute, and the proof comes when it speaks")
  func silence() {
    var proof = FlatProof(began: at(0))
    var told: [(Int64, FlatProof.Finding)] = []
    var questions = 0
    for time in stride(from: Int64(0), through: 70_000, by: 25) {
      for effect in proof.step(Own(), at(time)) {
        if case .tell(let finding) = effect { told.append((time, finding)) } else { questions += 1 }
      }
    }
    #expect(told.map(\.0) == [1000, 61_000])
    #expect(told.first?.1 == .notFlat(after: .seconds(1), [.silent(.seconds(1))]))
    #expect(questions < 160)
    proof.cancelAnswered(true)
    proof.read([], asked: at(70_000), at(70_100))
    #expect(proof.step(Own(), at(70_100)) == [.tell(.flat(after: .milliseconds(70_100)))])
  }

  @Test("An order that shows after the proof is taken out, and proven away anew")
  func risen() {
    var proof = FlatProof(began: at(0))
    _ = proof.step(Own(), at(0))
    proof.cancelAnswered(true)
    _ = proof.step(Own(), at(10))
    proof.read([], asked: at(10), at(20))
    #expect(proof.step(Own(), at(20)) == [.tell(.flat(after: .milliseconds(20)))])
    proof.read([one], asked: at(5000), at(5050))
    #expect(!proof.isFlat)
    #expect(proof.step(Own(), at(5050)) == [.cancelAll])
    let listed = FlatProof.Effect.tell(.notFlat(after: .seconds(1), [.silent(.seconds(1)), .listed([one])]))
    #expect(proof.step(Own(), at(6050)).contains(listed))
  }

  /// An older answer that comes late must not outweigh a younger one, whichever way it goes.
  @Test("Of two lists the one that was asked for later counts, in whatever order they come")
  func order() {
    for isEmptyLast in [true, false] {
      var proof = FlatProof(began: at(0))
      _ = proof.step(Own(), at(0))
      proof.cancelAnswered(true)
      let (empty, full) = isEmptyLast ? (at(200), at(100)) : (at(100), at(200))
      proof.read([], asked: empty, at(300))
      proof.read([one], asked: full, at(310))
      let isFlat = proof.step(Own(), at(320)).contains { if case .tell(.flat) = $0 { true } else { false } }
      #expect(isFlat == isEmptyLast)
    }
  }

  @Test("The message says why, which account, what is open and what resume does, in less than a thousand letters")
  func words() {
    let obstacles: [FlatProof.Obstacle] = [
      .silent(.seconds(3)), .listed([one, one, one, one]), .sending(2), .unknown(3), .working(4),
    ]
    let text = HaltReport(
      why: String(repeating: "because ", count: 60), account: "0xAb", finding: .notFlat(after: .seconds(3), obstacles),
      positions: 2, cost: USD(dollars: 31)
    ).text
    for word in [
      "because", "0xAb: NOT FLAT after 3000 ms", "lists 4", "2 sent", "3 of unknown", "4 whose end", "resume",
    ] {
      #expect(text.contains(word), "\(word)")
    }
    #expect(text.count < 1000 && !HaltReport.saysFlat(text))
    let flat = HaltReport(
      why: "file", account: "0xAb", finding: .flat(after: .milliseconds(12)), positions: 0, cost: .zero)
    #expect(HaltReport.saysFlat(flat.text) && flat.text.contains("0xAb: FLAT after 12 ms"))
  }
}
