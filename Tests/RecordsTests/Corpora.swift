import Foundation

/// Real and hostile inputs that lie beside the project; tests that need them are skipped without.
enum Corpora {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/corpora").standardized

  static let areThere = FileManager.default.fileExists(atPath: folder.path())
  static let missing = "the folder ../shared/corpora is not there"

  static func paths(_ name: String) -> [String] {
    let folder = folder.appending(path: name)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return names.sorted().map { folder.appending(path: $0).path(percentEncoded: false) }
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }

  static func lines(_ path: String) throws -> [[UInt8]] {
    try bytes(folder.appending(path: path).path(percentEncoded: false))
      .split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
  }
}
