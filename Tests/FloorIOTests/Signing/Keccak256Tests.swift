import FloorIOVenue
import Testing

@Suite("Keccak-256")
struct Keccak256Tests {
  @Test(
    "Known texts have their published digests",
    arguments: [
      ("", "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
      ("abc", "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
      ("testing", "0x5f16f4c7f149ac4f9510d9cf8cf384038ad348b3bcdc01915f95de12df9d1b02"),
      (
        "The quick brown fox jumps over the lazy dog",
        "0x4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15"
      ),
    ])
  func publishedDigests(text: String, digest: String) {
    #expect(Keccak256.hash(Array(text.utf8)).hex == digest)
  }

  /// Bytes 0, 1, 2 … of every length around the block edge of 136; computed with nettle's permutation and the padding byte 0x01.
  @Test("Lengths around the block's edges agree with another implementation", arguments: KeccakEdges.all)
  func blockEdges(length: Int, digest: String) {
    #expect(Keccak256.hash((0..<length).map { UInt8(truncatingIfNeeded: $0) }).hex == digest)
  }
}
