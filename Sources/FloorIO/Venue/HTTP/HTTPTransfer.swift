import CCurl
import Shared

/// Owns one of libcurl's easy handles.
@safe final class EasyHandle {
  let pointer: UnsafeMutableRawPointer

  init?() {
    guard let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = unsafe pointer
  }

  deinit { unsafe curl_easy_cleanup(pointer) }

  var number: UInt { unsafe UInt(bitPattern: pointer) }
  func reset() { unsafe curl_easy_reset(pointer) }
}

/// One request under way, and what has come back of it. Kept by the client until libcurl says it is done.
@safe final class HTTPTransfer {
  let easy: EasyHandle
  let done: (Result<HTTPResponse, HTTPError>) -> Void
  private let request: HTTPRequest
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var head = HTTPAnswerHead()
  private var body: [UInt8] = []
  private var isTooLarge = false

  init(
    _ easy: EasyHandle, _ request: HTTPRequest,
    _ done: @escaping (Result<HTTPResponse, HTTPError>) -> Void
  ) {
    self.easy = easy
    self.request = request
    self.done = done
  }

  /// `false` when libcurl refuses an option: the request is impossible.
  func configure(timeout: Duration, authorities: String?) -> Bool {
    let user = unsafe Unmanaged.passUnretained(self).toOpaque()
    let total = max(1, Int(timeout.milliseconds))
    var results: [CURLcode] = []
    func set(_ option: CURLoption, _ value: Int) {
      results.append(unsafe shim_curl_long(easy.pointer, option, value))
    }
    func set(_ option: CURLoption, _ value: String) {
      results.append(unsafe shim_curl_text(easy.pointer, option, value))
    }
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    // An empty name switches off what the environment says about proxies: a process reads no environment.
    set(CURLOPT_PROXY, "")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_FOLLOWLOCATION, 0)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    if let authorities { set(CURLOPT_CAINFO, authorities) }
    set(CURLOPT_TIMEOUT_MS, total)
    set(CURLOPT_CONNECTTIMEOUT_MS, min(total, 3000))
    // A connection that idled longer is not trusted to be alive.
    set(CURLOPT_MAXAGE_CONN, 30)
    set(CURLOPT_TCP_NODELAY, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_USERAGENT, "polyfloor")
    if let body = request.body {
      results.append(unsafe shim_curl_body(easy.pointer, body, body.count))
    }
    switch (request.method, request.body) {
    case ("GET", nil): set(CURLOPT_HTTPGET, 1)
    case ("HEAD", nil): set(CURLOPT_NOBODY, 1)
    default: set(CURLOPT_CUSTOMREQUEST, request.method)
    }
    // No pause for "100 Continue".
    var list = unsafe curl_slist_append(nil, "Expect:")
    for field in request.headers {
      guard !field.name.isEmpty, !(field.name + field.value).utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
        unsafe curl_slist_free_all(list)
        return false
      }
      unsafe list = curl_slist_append(list, "\(field.name): \(field.value)")
    }
    unsafe headerList = unsafe list
    results.append(unsafe shim_curl_headers(easy.pointer, list))
    results.append(unsafe shim_curl_receivers(easy.pointer, bodyCallback, headerCallback, user))
    return results.allSatisfy { $0 == CURLE_OK }
  }

  func release() {
    unsafe curl_slist_free_all(headerList)
    unsafe headerList = nil
  }

  /// Whether a byte of the request may have left.
  var hasSent: Bool {
    var bytes = 0
    guard unsafe shim_curl_info_long(easy.pointer, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK else { return true }
    return bytes > 0
  }

  // MARK: What comes back

  fileprivate func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard body.count + bytes.count <= request.answerLimit else {
      isTooLarge = true
      return 0
    }
    unsafe body.append(contentsOf: bytes)
    return bytes.count
  }

  fileprivate func receiveHeader(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard unsafe head.take(bytes) else {
      isTooLarge = true
      return 0
    }
    return bytes.count
  }

  func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
    if code == CURLE_OK {
      var status = 0
      let got = unsafe shim_curl_info_long(easy.pointer, CURLINFO_RESPONSE_CODE, &status)
      guard got == CURLE_OK, status > 0 else { return .failure(HTTPError(.malformedAnswer, outcomeKnown: false)) }
      return .success(HTTPResponse(status: status, headers: head.fields, body: body))
    }
    let detail = unsafe String(cString: curl_easy_strerror(code))
    let reason: HTTPError.Reason
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR: reason = .unreachable
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR: reason = .certificateRefused
    case CURLE_OPERATION_TIMEDOUT: reason = .timedOut
    case CURLE_WRITE_ERROR where isTooLarge: reason = .answerTooLarge
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: reason = .badRequest
    case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2: reason = .malformedAnswer
    default: reason = .connectionLost
    }
    return .failure(HTTPError(reason, outcomeKnown: !hasSent, detail: detail))
  }
}

private let bodyCallback: shim_curl_receive = { bytes, size, count, user in
  guard let user = unsafe user else { return 0 }
  let transfer = unsafe Unmanaged<HTTPTransfer>.fromOpaque(user).takeUnretainedValue()
  return unsafe transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
}

private let headerCallback: shim_curl_receive = { bytes, size, count, user in
  guard let user = unsafe user else { return 0 }
  let transfer = unsafe Unmanaged<HTTPTransfer>.fromOpaque(user).takeUnretainedValue()
  return unsafe transfer.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
}
