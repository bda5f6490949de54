import Glibc

// libFuzzer drives this program: it makes inputs, watches which branches they reach, and keeps those that reach new ones. The library
// is linked by scripts/fuzz, which also says why this is no test target like the others.

/// `LLVMFuzzerRunDriver` of compiler-rt: reads libFuzzer's options and calls back once an input. 0: all inputs passed.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ take: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

/// What can be fed with strangers' bytes. The name is that of its folder under `Corpus`.
enum FuzzTarget: String, CaseIterable {
  /// Answers to our requests: status, header lines, body.
  case httpAnswer = "http-answer"
  /// The byte stream of a client of our servers.
  case httpRequest = "http-request"
  case webSocket = "web-socket"
  /// Frames of the market channel, to the book they make.
  case market
  /// Frames of the user channel and of the reference prices, and any JSON.
  case frames

  func take(_ bytes: [UInt8]) {
    switch self {
    case .httpAnswer: HTTPAnswerTarget.take(bytes)
    case .httpRequest: HTTPRequestTarget.take(bytes)
    case .webSocket: WebSocketTarget.take(bytes)
    case .market: MarketTarget.take(bytes)
    case .frames: FramesTarget.take(bytes)
    }
  }

  /// From the environment, because libFuzzer starts itself again in some of its modes, with its own options only.
  static let chosen: FuzzTarget = {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      print(
        "fuzz-targets: FUZZ_TARGET is \"\(name)\"; it must be one of \(allCases.map(\.rawValue).joined(separator: ", "))"
      )
      exit(64)
    }
    return target
  }()
}

func runFuzzing() {
  _ = FuzzTarget.chosen
  var count = CommandLine.argc
  var words = unsafe CommandLine.unsafeArgv
  let status = unsafe runDriver(&count, &words) { bytes, count in
    unsafe FuzzTarget.chosen.take(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
  }
  exit(status)
}

/// A property that holds for every input; where it does not, the input is a find.
func hold(_ property: Bool, _ what: @autoclosure () -> String) {
  if !property { fatalError("broken: \(what())") }
}
