import Testing

@testable import FloorBench

@Suite("memory of a process")
struct ProcessMemoryTests {
  @Test("the proportional share and both kinds of private pages are read")
  func whole() {
    let memory = ProcessMemory(
      parsing: """
        55d0c0a00000-7ffd1c5e6000 ---p 00000000 00:00 0                          [rollup]
        Rss:                9876 kB
        Pss:                4321 kB
        Pss_Dirty:          2000 kB
        Shared_Clean:       5000 kB
        Private_Clean:       300 kB
        Private_Dirty:      2100 kB

        """)
    #expect(memory?.proportional == 4321)
    #expect(memory?.privately == 2400)
  }

  @Test("a text without the figures is no memory of nothing")
  func damaged() { #expect(ProcessMemory(parsing: "Pss: 12 kB\n") == nil) }
}
