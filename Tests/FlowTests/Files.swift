import Glibc

/// Files beside these tests and beside the repository.
enum Files {
  /// The repository's root, from where this file stands.
  private static let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// A file of the folder `shared` beside the repository; nil if that is not there.
  static func shared(_ path: String) -> String? { text("/\(root)/../shared/\(path)") }

  /// The words of every test in a folder of `Tests`, names with a dot whole.
  static func words(under folder: String) -> Set<String> {
    var words: Set<String> = []
    guard let listing = opendir("/\(root)/Tests/\(folder)") else { return words }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      // The table itself names every row.
      guard name.hasSuffix(".swift"), name != "AsyncioSemantics.swift" else { continue }
      let text = text("/\(root)/Tests/\(folder)/\(name)") ?? ""
      for word in text.split(whereSeparator: { !isPartOfName($0) }) {
        words.insert(String(word.hasSuffix(".") ? word.dropLast() : word))
      }
    }
    return words
  }

  private static func isPartOfName(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_" || character == "."
  }

  private static func text(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&block, 1, block.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += block.prefix(count)
    }
  }
}
