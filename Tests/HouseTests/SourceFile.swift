import Foundation

/// A file of the project, by its path from the top.
struct SourceFile {
  var path: String
  var lines: [String]

  /// The folder of the project.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL

  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 2 ? String(parts[1]) : ""
  }

  /// What the compiler sees of a line: a word in a comment forbids nothing.
  static func code(_ line: String) -> String {
    guard let comment = line.range(of: "//") else { return line }
    return String(line[..<comment.lowerBound])
  }

  /// `file:line` of each line of code in which the pattern is found. All of these lines hold one of
  /// the words: looking for a word is a hundred times faster than trying a pattern.
  func places(of pattern: Regex<Substring>, words: [String]) -> [String] {
    lines.indices
      .filter { index in
        words.contains { lines[index].contains($0) } && Self.code(lines[index]).contains(pattern)
      }
      .map { "\(path):\($0 + 1)" }
  }

  /// The paths of all files in a folder, its own folders too, in a fixed order.
  static func paths(in folder: String) -> [String] {
    let url = root.appending(path: folder)
    guard let found = FileManager.default.enumerator(atPath: url.path) else { return [] }
    return found.compactMap { $0 as? String }.map { folder + "/" + $0 }.sorted()
  }

  /// Read once for all tests.
  static let sources = (try? swift(in: "Sources")) ?? []
  static let tests = (try? swift(in: "Tests")) ?? []

  private static func swift(in folder: String) throws -> [SourceFile] {
    try paths(in: folder).filter { $0.hasSuffix(".swift") }.map { path in
      let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
      return SourceFile(path: path, lines: text.components(separatedBy: "\n"))
    }
  }
}
