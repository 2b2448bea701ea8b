import Lines
import PipelineModel

/// The URL of an `http` stage: a template and what its text says about where requests go.
struct URLTemplate: Sendable {
  private let template: Template
  /// The socket of a URL written `unix:SOCKET:PATH`.
  private(set) var socketPath: String?
  /// A URL with the host that the text names; nil where the item gives the host or a part of it.
  private(set) var home: [UInt8]?

  /// What stands for a value in the text's shape; a URL has no such byte.
  private static let value: UInt8 = 0
  /// The longest name that a socket may have: sun_path of unix(7).
  private static let longestSocket = 107

  /// - Parameter namesHosts: whether the stage says itself which hosts are allowed.
  /// - Throws: what is wrong with the text, at its place.
  init(_ argument: Argument, _ setting: Setting, namesHosts: Bool) throws(Diagnostic) {
    template = try Template(url: argument, setting)
    // Where it would lead with a value that is made up says nothing.
    let text = argument.string ?? ""
    if setting.madeUpParameters.contains(where: { text.contains("params.\($0)") }) { return }
    var shape: [UInt8] = []
    var hasSpace = false
    for part in template.parts {
      if case .text(let text) = part {
        shape += text
        hasSpace = hasSpace || text.contains { $0 <= 0x20 || $0 == 0x7F }
      } else {
        shape.append(Self.value)
      }
    }
    do throws(Fault) {
      if hasSpace {
        throw Fault("a URL has no spaces and no control characters", "write a space as %20")
      }
      try read(shape, namesHosts: namesHosts)
    } catch {
      throw Diagnostic(error.message, at: argument.place, remedy: error.remedy, code: "url")
    }
  }

  private struct Fault: Error {
    var message: String
    var remedy: String?
    init(_ message: String, _ remedy: String? = nil) {
      self.message = message
      self.remedy = remedy
    }
  }

  private mutating func read(_ shape: [UInt8], namesHosts: Bool) throws(Fault) {
    // What begins with a value is the item's to say, and is judged with it.
    if shape.first == Self.value { return }
    let lower = shape.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    if lower.starts(with: "unix:".utf8) {
      guard let socket = Self.socket(shape) else {
        throw Fault(
          "a URL of a socket is written unix:/PATH/OF/SOCKET:/PATH, its socket without placeholders"
        )
      }
      socketPath = socket
      home = Self.localhost
      return
    }
    guard let scheme = ["http://", "https://"].first(where: { lower.starts(with: $0.utf8) }) else {
      throw Fault(
        "a URL begins with http:// or https://, or with unix: for a socket",
        "begin with the scheme, or with a placeholder if the item has the whole URL")
    }
    let host = try Self.host(shape.dropFirst(scheme.utf8.count).prefix { !"/?#".utf8.contains($0) })
    if !host.contains(Self.value) {
      home = Array(scheme.utf8) + host
    } else if host.last == Self.value, host.contains(where: { $0 != Self.value }), !namesHosts {
      throw Fault(
        "the item could end the name of the host with anything",
        "write a '/' before the placeholder, or say by 'allow_hosts' which hosts may be asked")
    }
  }

  /// The URL for an item, of a socket too one that begins with http.
  func render(_ item: Item) throws(Failure) -> [UInt8] {
    let url = try template.renderURL(item)
    if url.contains(0) { throw Failure(.http, "a URL can not hold a NUL byte") }
    guard let socketPath else { return url }
    return Self.localhost + url.dropFirst("unix:".utf8.count + socketPath.utf8.count + 1)
  }

  private static let localhost = Array("http://localhost".utf8)

  /// Without name and password before it and the port behind.
  private static func host(
    _ authority: ArraySlice<UInt8>
  ) throws(Fault) -> ArraySlice<UInt8> {
    if authority.contains(UInt8(ascii: "\\")) { throw Fault("a host has no '\\' in it") }
    var host = authority
    if let at = host.lastIndex(of: UInt8(ascii: "@")) { host = host[(at + 1)...] }
    if host.first == UInt8(ascii: "["), let end = host.firstIndex(of: UInt8(ascii: "]")) {
      return host[...end]
    }
    host = host.prefix { $0 != UInt8(ascii: ":") }
    if host.isEmpty { throw Fault("the URL names no host") }
    return host
  }

  private static func socket(_ shape: [UInt8]) -> String? {
    let rest = shape.dropFirst("unix:".utf8.count)
    guard let colon = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let path = rest[..<colon]
    let isGood = !path.isEmpty && !path.contains(value) && path.count <= longestSocket
    guard isGood, rest[(colon + 1)...].first == UInt8(ascii: "/") else { return nil }
    return String(decoding: path, as: UTF8.self)
  }
}
