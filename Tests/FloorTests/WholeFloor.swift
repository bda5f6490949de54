import FloorTestSupport
import Testing

/// The whole floor, from `scripts/run` to `scripts/stop`: every process, the real servers, the simulated venue. One floor at a
/// time, but for the kills beside them, which take as long as all of these together.
@Suite("The whole floor", .serialized, .ownThread) struct WholeFloor {}
