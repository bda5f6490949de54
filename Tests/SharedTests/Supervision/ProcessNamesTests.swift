import Shared
import Testing

@Suite("Process names")
struct ProcessNamesTests {
  @Test(
    "a program of desk or agents is known by the first word of its command line, in the right folder alone"
  )
  func programs() {
    func program(_ words: String...) -> String? {
      ProcessNames.program(
        commandLine: Array(words.joined(separator: "\0").utf8) + [0],
        in: "/srv/floor/bin")
    }
    #expect(program("/srv/floor/bin/order-gateway", "--birth-fd", "3") == "order-gateway")
    #expect(program("/srv/floor/bin/trader-agent", "--birth-fd", "3") == "trader-agent")
    #expect(program("/srv/other/bin/order-gateway") == nil, "another floor's")
    #expect(program("/srv/floor/bin/deep/order-gateway") == nil)
    #expect(program("vim", "/srv/floor/bin/order-gateway") == nil)
    #expect(
      program("/srv/floor/bin/sim-venue") == nil && program("/srv/floor/bin/floor-boss") == nil)
    #expect(program("order-gateway") == nil)
    #expect(ProcessNames.program(commandLine: [], in: "/srv/floor/bin") == nil, "a kernel thread")
  }
}
