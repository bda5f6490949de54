import FloorTestSupport
import Testing

/// The whole floor, from `scripts/run` to `scripts/stop`: every process, the real servers, the simulated venue. One floor at a time, so
/// that these tests measure the floor and not each other.
@Suite("The whole floor", .serialized, .ownThread) struct WholeFloor {}
