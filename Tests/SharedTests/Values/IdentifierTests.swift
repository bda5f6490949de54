import Shared
import Testing

@Suite("Identifiers")
struct IdentifierTests {
  @Test("Agent names are safe as file names, keys and arguments")
  func agentNames() {
    #expect(AgentName("momentum-btc-2") != nil)
    for bad in ["", "A", "a/b", "..", "a b", "a\u{0}", "é", "a_b", String(repeating: "a", count: 41)] {
      #expect(AgentName(bad) == nil)
    }
  }

  @Test("Order and condition ids are hex of the right length, kept in lower case")
  func hexIdentifiers() throws {
    let digits = String(repeating: "Ab", count: 32)
    #expect(try #require(VenueOrderID("0x" + digits)).text == "0x" + digits.lowercased())
    #expect(VenueOrderID(digits) == nil)
    #expect(VenueOrderID("0x" + digits + "0") == nil)
    #expect(ConditionID("0x" + digits.dropLast(2)) != nil)
    #expect(ConditionID("0x" + digits.dropLast(4)) == nil)
  }

  @Test("Tokens are decimal numbers of at most 256 bits' length")
  func tokens() {
    #expect(TokenID("71204418839917503362084417739205618843927155201968374411095823674019283746551") != nil)
    #expect(TokenID("") == nil)
    #expect(TokenID("0x12") == nil)
    #expect(TokenID(String(repeating: "9", count: 79)) == nil)
  }

  @Test("An intent's id is its agent and decision number")
  func intents() throws {
    let agent = try #require(AgentName("reversion-eth"))
    #expect(IntentID(agent: agent, decision: 17).text == "reversion-eth.17")
    #expect(IntentID("reversion-eth.17") == IntentID(agent: agent, decision: 17))
    #expect(IntentID("Bad Id") == nil)
  }
}
