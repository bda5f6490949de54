@testable import FloorIOVenue

/// A byte stream is cut into the same requests however it arrives, and nothing larger than the bounds comes out.
/// The first byte chooses how it is cut into pieces.
enum HTTPRequestTarget {
  private static let headLimit = 512
  private static let bodyLimit = 64

  static func take(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let stream = bytes.dropFirst()
    let whole = cut(stream, piece: stream.count + 1)
    let parts = cut(stream, piece: Int(first % 16) + 1)
    hold(whole.requests == parts.requests, "requests depend on how the stream arrives: \(whole) and \(parts)")
    hold(whole.error == parts.error, "the verdict depends on how the stream arrives: \(whole) and \(parts)")
    for request in whole.requests {
      hold(request.body.count <= bodyLimit, "a body of \(request.body.count) bytes")
      // Not `hasPrefix`: an escaped accent behind the slash makes one character of both.
      hold(request.path.utf8.first == UInt8(ascii: "/"), "path \(request.path)")
      hold(!request.path.utf8.contains(0), "a zero byte in the path")
      hold(!request.headers.values.contains { $0.utf8.contains { $0 == 13 || $0 == 10 } }, "a line break in a header")
    }
  }

  private static func cut(
    _ stream: ArraySlice<UInt8>, piece: Int
  ) -> (requests: [WebRequest], error: HTTPRequestError?) {
    var parser = HTTPRequestParser(headLimit: headLimit, bodyLimit: bodyLimit)
    var requests: [WebRequest] = []
    var rest = stream
    do throws(HTTPRequestError) {
      while !rest.isEmpty {
        parser.append(rest.prefix(piece))
        rest = rest.dropFirst(piece)
        while let request = try parser.next() { requests.append(request) }
      }
    } catch {
      return (requests, error)
    }
    let taken = requests.reduce(0) { $0 + $1.body.count }
    hold(parser.pendingBytes + taken <= stream.count, "more bytes wait than came")
    return (requests, nil)
  }
}
