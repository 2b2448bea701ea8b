import Foundation

/// Real and hostile inputs that lie beside the project; tests that need them are skipped without.
enum Corpora {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/corpora").standardized

  static let areThere = FileManager.default.fileExists(atPath: folder.path())
  static let missing = "the folder ../shared/corpora is not there"

  static let real = files("real")
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

/// What a command prints with the file as its input.
func printed(_ command: [String], _ path: String, locale: String = "C.UTF-8") throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = command
  process.environment = ["LC_ALL": locale, "PATH": "/usr/bin:/bin"]
  process.standardInput = try FileHandle(forReadingFrom: URL(filePath: path))
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return [UInt8](data)
}
