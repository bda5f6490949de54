// swift-tools-version: 6.2
// One manifest, one settings list. Layers point one way: Shared (pure) ← FloorIO (the only importer of C) ← executables.
import Foundation
import PackageDescription

/// Applied to every Swift target: Swift 6 mode comes from `swiftLanguageModes` below.
let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
  .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func executable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, path: "Sources/\(name)", swiftSettings: settings)
}

/// What is tested is optimised; the tests themselves take half as long to build when they are not.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)",
    swiftSettings: settings + [.unsafeFlags(["-Onone"], .when(configuration: .release))])
}

/// Only a benchmark's peer: libsimdjson-dev, where it is installed.
let hasSimdjson = FileManager.default.fileExists(atPath: "/usr/include/simdjson.h")

let package = Package(
  name: "polyfloor",
  products: [
    .executable(name: "floor-boss", targets: ["FloorBoss"]),
    .executable(name: "market-feed", targets: ["MarketFeed"]),
    .executable(name: "trader-agent", targets: ["TraderAgent"]),
    .executable(name: "order-gateway", targets: ["OrderGateway"]),
    .executable(name: "auditor", targets: ["Auditor"]),
    .executable(name: "perf-monitor", targets: ["PerfMonitor"]),
    .executable(name: "floor-web", targets: ["FloorWeb"]),
    .executable(name: "sim-venue", targets: ["SimVenue"]),
    .executable(name: "floor", targets: ["FloorCLI"]),
    .executable(name: "floor-bench", targets: ["FloorBench"]),
  ],
  targets: [
    // C libraries, each behind a module map and a small shim.
    system("CPQ", pkgConfig: "libpq", apt: "libpq-dev"),
    system("CHiredis", apt: "libhiredis-dev"),  // its pkg-config prints a prohibited-flag warning
    system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    system("CWebSockets", pkgConfig: "libwebsockets", apt: "libwebsockets-dev"),
    system("CSecp256k1", pkgConfig: "libsecp256k1", apt: "libsecp256k1-dev"),
    system("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CLinux", apt: "libc6-dev"),
    .target(name: "CPlat", path: "Sources/CPlat"),
    // The same work in C, which floor-bench measures against.
    .target(
      name: "CBench", path: "Sources/CBench",
      linkerSettings: (["hiredis", "m", "secp256k1"] + (hasSimdjson ? ["simdjson"] : [])).map { .linkedLibrary($0) }),

    // The domain: pure Swift, no I/O, no C, no Foundation.
    .target(name: "Shared", path: "Sources/Shared", swiftSettings: settings),

    // The floor on a recorded day, in one process: agents, gateway and venue as values. Pure as Shared is.
    .target(name: "FloorSim", dependencies: ["Shared"], path: "Sources/FloorSim", swiftSettings: settings),

    // The only Swift that imports C. Data is what every process needs; Venue is what talks HTTP, WebSocket and keys.
    .target(
      name: "FloorIOData", dependencies: ["Shared", "CPQ", "CHiredis", "CYAML", "CLinux", "CPlat"],
      path: "Sources/FloorIO/Data", swiftSettings: settings),
    .target(
      name: "FloorIOVenue",
      dependencies: [
        "Shared", "FloorIOData", "CCurl", "CWebSockets", "CSecp256k1", "COpenSSL", "CZlib", "CZstd", "CPlat",
      ],
      path: "Sources/FloorIO/Venue", swiftSettings: settings),

    // Thin executables: configuration, wiring, the loop.
    executable("FloorBoss", ["Shared", "FloorIOData"]),
    executable("MarketFeed", ["Shared", "FloorIOData", "FloorIOVenue"]),
    executable("TraderAgent", ["Shared", "FloorIOData"]),
    executable("OrderGateway", ["Shared", "FloorIOData", "FloorIOVenue"]),
    executable("Auditor", ["Shared", "FloorIOData", "FloorIOVenue"]),
    executable("PerfMonitor", ["Shared", "FloorIOData"]),
    executable("FloorWeb", ["Shared", "FloorIOData", "FloorIOVenue"]),
    executable("SimVenue", ["Shared", "FloorIOData", "FloorIOVenue"]),
    executable("FloorCLI", ["Shared", "FloorSim", "FloorIOData", "FloorIOVenue"]),
    executable("FloorBench", ["Shared", "FloorSim", "FloorIOData", "FloorIOVenue", "CBench"]),

    .target(
      name: "FloorTestSupport", dependencies: ["Shared", "FloorIOData", "FloorIOVenue"],
      path: "Tests/FloorTestSupport", swiftSettings: settings),
    tests("SharedTests", ["Shared", "FloorTestSupport"]),
    tests("FloorSimTests", ["Shared", "FloorSim", "FloorIOVenue", "FloorTestSupport"]),
    tests("FloorIOTests", ["Shared", "FloorIOData", "FloorIOVenue", "FloorTestSupport"]),
    tests("SimVenueTests", ["Shared", "FloorIOData", "FloorIOVenue", "SimVenue", "FloorTestSupport"]),
    tests(
      "IntegrationTests",
      [
        "Shared", "FloorIOData", "FloorIOVenue", "FloorTestSupport", "FloorBoss", "MarketFeed", "TraderAgent",
        "OrderGateway", "Auditor", "PerfMonitor", "FloorWeb", "SimVenue", "FloorCLI", "FloorSim",
      ]),
    // Their programs are built with the test target that needs them, and run as processes.
    tests("FloorTests", ["Shared", "FloorIOData", "FloorIOVenue", "FloorTestSupport"]),
    tests("FloorBenchTests", ["Shared", "FloorTestSupport", "FloorBench"]),
    tests("HygieneTests", ["FloorTestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Fuzzing links a library of its own and instruments every module (scripts/fuzz): its program exists only where it is asked for.
if Context.environment["FLOOR_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz-targets", dependencies: ["Shared", "FloorIOVenue"], path: "Tests/Fuzz",
      exclude: ["Corpus", "market.dict", "frames.dict", "http-answer.dict", "http-request.dict"],
      swiftSettings: settings))
}
