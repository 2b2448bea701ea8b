import Records

/// URLs and their queries: RFC 3986, and application/x-www-form-urlencoded.
enum URLText {
  /// Every byte but the unreserved ones as `%XX`.
  static func encoded(_ text: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    let digits = Array("0123456789ABCDEF".utf8)
    for c in text {
      if c.continuesName || "-.~".utf8.contains(c) {
        out.append(c)
      } else {
        out += [UInt8(ascii: "%"), digits[Int(c >> 4)], digits[Int(c & 15)]]
      }
    }
    return out
  }

  /// A `%` that no two digits follow stays as it is.
  static func decoded(_ text: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var i = text.startIndex
    while i < text.endIndex {
      let c = text[i]
      if c == UInt8(ascii: "%"), i + 2 < text.endIndex, let high = text[i + 1].hexDigit,
        let low = text[i + 2].hexDigit
      {
        out.append(UInt8(high << 4 | low))
        i += 3
      } else {
        out.append(plusIsSpace && c == UInt8(ascii: "+") ? 0x20 : c)
        i += 1
      }
    }
    return out
  }

  static func decodedQuery(_ query: [UInt8]) -> ValueMap {
    var map = ValueMapBuilder()
    let start = query.first == UInt8(ascii: "?") ? 1 : 0
    for pair in query[start...].split(separator: UInt8(ascii: "&")) {
      let mark = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      let key = Value.string(Text(decoded(pair[..<mark], plusIsSpace: true)))
      let value = Value.string(Text(decoded(pair[mark...].dropFirst(), plusIsSpace: true)))
      if case .list(var values)? = map[key] {
        map[key] = nil as Value?
        values.append(value)
        map[key] = .list(values)
      } else {
        map[key] = .list([value])
      }
    }
    return map.map()
  }

  /// By the pattern of RFC 3986, appendix B.
  static func parsed(_ url: [UInt8]) throws(Problem) -> ValueMap {
    var map = ValueMapBuilder()
    var rest = url[...]
    var fragment: ArraySlice<UInt8>?
    var query: ArraySlice<UInt8>?
    if let mark = rest.firstIndex(of: UInt8(ascii: "#")) {
      fragment = rest[(mark + 1)...]
      rest = rest[..<mark]
    }
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      query = rest[(mark + 1)...]
      rest = rest[..<mark]
    }
    if let colon = rest.firstIndex(where: { ":/".utf8.contains($0) }),
      rest[colon] == UInt8(ascii: ":"), isScheme(rest[..<colon])
    {
      map["scheme"] = .string(Text(rest[..<colon].map { $0.isDigit ? $0 : $0 | 0x20 }))
      rest = rest[(colon + 1)...]
    }
    if rest.starts(with: "//".utf8) {
      rest = rest.dropFirst(2)
      let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
      try addAuthority(rest[..<end], to: &map)
      rest = rest[end...]
    }
    map["path"] = .string(Text(Array(rest)))
    if let query { map["query"] = .string(Text(Array(query))) }
    if let fragment { map["fragment"] = .string(Text(Array(fragment))) }
    return map.map()
  }

  private static func isScheme(_ text: ArraySlice<UInt8>) -> Bool {
    guard let first = text.first, (0x61...0x7A).contains(first | 0x20) else { return false }
    return text.allSatisfy {
      $0.isDigit || (0x61...0x7A).contains($0 | 0x20) || "+-.".utf8.contains($0)
    }
  }

  private static func addAuthority(
    _ authority: ArraySlice<UInt8>, to map: inout ValueMapBuilder
  ) throws(Problem) {
    var rest = authority
    if let mark = rest.lastIndex(of: UInt8(ascii: "@")) {
      let colon = rest[..<mark].firstIndex(of: UInt8(ascii: ":"))
      map["user"] = .string(Text(decoded(rest[..<(colon ?? mark)])))
      if let colon { map["password"] = .string(Text(decoded(rest[(colon + 1)..<mark]))) }
      rest = rest[(mark + 1)...]
    }
    var end = rest.endIndex
    let bracket = rest.lastIndex(of: UInt8(ascii: "]")) ?? rest.startIndex
    if let colon = rest[bracket...].lastIndex(of: UInt8(ascii: ":")) {
      end = colon
      let digits = rest[(colon + 1)...]
      if !digits.isEmpty {
        guard let port = UInt16(String(decoding: digits, as: UTF8.self)) else {
          throw Problem("'\(String(decoding: digits, as: UTF8.self))' is no port of a URL")
        }
        map["port"] = .int(Int64(port))
      }
    }
    map["host"] = .string(Text(Array(rest[..<end])))
  }
}
