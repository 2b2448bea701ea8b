import Foundation

/// Real and hostile inputs that lie beside the project; tests that need them are skipped without.
enum Corpora {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/corpora").standardized

  static let areThere = FileManager.default.fileExists(atPath: folder.path())
  static let missing = "the folder ../shared/corpora is not there"

  /// The real files below 1 MB: without optimisation the others take minutes. The tests of the built
  /// command read them all.
  static let small = files("real").filter { path in
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    return (size ?? 0) < 1_000_000
  }
  static let hostile = files("hostile") + files("hostile/blns") + files("hostile/csv-spectrum")

  private static func files(_ name: String) -> [String] {
    let folder = folder.appending(path: name)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
    return names.sorted().map { folder.appending(path: $0).path() }.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }
  }

  static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: path)))
  }
}

/// What a command prints with the file as its input. By popen: Foundation's Process waits on a run
/// loop, which the pool's threads do not have.
func printed(_ command: [String], _ path: String, locale: String = "C.UTF-8") throws -> [UInt8] {
  let quoted = (command + ["<", path]).map {
    $0 == "<" ? $0 : "'" + $0.replacing("'", with: "'\\''") + "'"
  }
  guard let stream = popen("LC_ALL=\(locale) " + quoted.joined(separator: " "), "r") else {
    throw CocoaError(.executableLoad)
  }
  defer { pclose(stream) }
  var bytes: [UInt8] = []
  var block = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&block, 1, block.count, stream)
    if count == 0 { return bytes }
    bytes += block[..<count]
  }
}
