import FloorIOData
import Shared
import Testing

@Suite("Schema and program")
struct SchemaFitTests {
  @Test("only the very number the program was built for is good; each other case has its reason and its remedy")
  func cases() {
    #expect(SchemaFit(newest: 14, known: 14) == .good)
    #expect(SchemaFit(newest: 14, known: 14).reason(known: 14) == nil)
    #expect(SchemaFit(newest: 13, known: 14) == .older(13))
    #expect(SchemaFit(newest: 15, known: 14) == .newer(15))
    #expect(SchemaFit(newest: nil, known: 14) == SchemaFit.none)
    for fit in [SchemaFit.older(13), .none] {
      #expect(fit.reason(known: 14)?.contains("needs") == true && fit.remedy.contains("floor db migrate"))
    }
    let newer = SchemaFit.newer(15)
    #expect(newer.reason(known: 14)?.contains("15, newer than this program, which knows 14") == true)
    #expect(!newer.remedy.contains("migrate"))
  }

  @Test("a missing table means that there is no schema; a server that is away says nothing about it") func errors() {
    #expect(SchemaFit(DatabaseError(.server, "no table", sqlState: "42P01")) == SchemaFit.none)
    #expect(SchemaFit(DatabaseError(.away, "no connection")) == nil)
    #expect(SchemaFit(DatabaseError(.server, "permission denied", sqlState: "42501")) == nil)
  }
}
