import Glibc

/// Files beside these tests and beside the repository.
enum Files {
  /// The repository's root, from where this file stands.
  private static let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// A file of the folder `shared` beside the repository; nil if that is not there.
  static func shared(_ path: String) -> String? { text("/\(root)/../shared/\(path)") }

  /// The words of a file under `Tests`, names with a dot whole; none if there is no such file.
  static func words(of path: String) -> [String] {
    let text = text("/\(root)/Tests/\(path)") ?? ""
    return text.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }.map { word in
      String(word.hasSuffix(".") ? word.dropLast() : word)
    }
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
