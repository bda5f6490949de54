import Shared
import Testing

@Suite struct BacklogTests {
  @Test("A backlog is too long above its bound and stays so until half of it is left")
  func bounds() {
    var backlog = Backlog(most: 10)
    #expect(
      [0, 10, 11, 10, 6, 5, 6, 10, 11].map { backlog.observe($0) } == [
        false, false, true, true, true, false, false, false, true,
      ])
    #expect(backlog.isTooLong)
  }
}
