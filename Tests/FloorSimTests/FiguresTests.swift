import FloorSim
import Testing

@Suite("Figures")
struct FiguresTests {
  @Test("Decimals are fixed, halves go away from zero, nothing is minus zero")
  func fixed() {
    #expect(Figures.text(1.005, decimals: 1) == "1.0")
    #expect(Figures.text(2.5, decimals: 0) == "3")
    #expect(Figures.text(-2.5, decimals: 0) == "-3")
    #expect(Figures.text(-0.001) == "0.00")
    #expect(Figures.text(-12.3456, decimals: 3) == "-12.346")
    #expect(Figures.text(nil) == "-")
    #expect(Figures.text(.nan) == "-")
    #expect(Figures.text(.infinity) == "-")
    #expect(Figures.percent(0.1234) == "12.3")
  }
}
