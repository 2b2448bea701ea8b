import Records

extension Function {
  static let paths: [Function] = [
    Function(
      "path.base", ["path.base(string) -> string"], "What stands behind the last /.",
      ("path.base(\"/var/log/a.log.gz\")", "\"a.log.gz\""), .one(path { base($0) })),
    Function(
      "path.dir", ["path.dir(string) -> string"],
      "What stands before the last /; . if there is none.",
      ("path.dir(\"/var/log/a.log\")", "\"/var/log\""), .one(path { directory($0) })),
    Function(
      "path.ext", ["path.ext(string) -> string"],
      "The last dot of the base and what follows it; empty without one. A dot in front hides a file "
        + "and does not count.",
      ("path.ext(\"/var/log/a.log.gz\")", "\".gz\""),
      .one(path { text in Array(base(text)[extensionStart(base(text))...]) })),
    Function(
      "path.stem", ["path.stem(string) -> string"], "The base without what path.ext gives.",
      ("path.stem(\"/var/log/a.log.gz\")", "\"a.log\""),
      .one(path { text in Array(base(text)[..<extensionStart(base(text))]) })),
    Function(
      "hash.sha256", ["hash.sha256(string) -> string", "hash.sha256(bytes) -> string"],
      "The SHA-256 digest in hexadecimal.",
      ("hash.sha256(\"\").substring(0, 8)", "\"e3b0c442\""),
      .one { (value) throws(Problem) in Value(SHA256.digest(of: try octets(value)).hexadecimal) }),
    Function(
      "hash.xxh64", ["hash.xxh64(string) -> uint", "hash.xxh64(bytes) -> uint"],
      "The 64-bit xxHash with seed 0: fast, the same everywhere, and not to be relied on against "
        + "somebody who wants two values to have the same.",
      ("hash.xxh64(\"\")", "17241709254077376921u"),
      .one { (value) throws(Problem) in .uint(XXH64.hash(of: try octets(value))) }),
  ]

  private static func path(
    _ part: @escaping @Sendable ([UInt8]) -> [UInt8]
  ) -> @Sendable (Value) throws(Problem) -> Value {
    { (value) throws(Problem) in .string(Text(part(try value.text()))) }
  }

  private static func octets(_ value: Value) throws(Problem) -> [UInt8] {
    if case .bytes(let bytes) = value { return bytes }
    return try value.text()
  }

  /// Slashes at the end do not count.
  private static func trimmed(_ path: [UInt8]) -> ArraySlice<UInt8> {
    var path = path[...]
    while path.count > 1, path.last == UInt8(ascii: "/") { path.removeLast() }
    return path
  }

  private static func base(_ path: [UInt8]) -> [UInt8] {
    let path = trimmed(path)
    guard path.count > 1, let slash = path.lastIndex(of: UInt8(ascii: "/")) else {
      return Array(path)
    }
    return Array(path[(slash + 1)...])
  }

  private static func directory(_ path: [UInt8]) -> [UInt8] {
    let path = trimmed(path)
    guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return Array(".".utf8) }
    return Array(trimmed(Array(path[...slash])))
  }

  private static func extensionStart(_ base: [UInt8]) -> Int {
    guard let dot = base.lastIndex(of: UInt8(ascii: ".")), dot > 0,
      base[..<dot].contains(where: { $0 != UInt8(ascii: ".") })
    else { return base.count }
    return dot
  }
}
