import Foundation

/// One call of the built program that ends by itself.
struct FrontEndCall {
  var output: String
  var messages: String
  var status: Int32

  /// The program lies beside the test bundle.
  static var program: URL {
    let bundle = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return bundle.deletingLastPathComponent().appending(path: "streamline")
  }

  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program.path) }

  /// The folder of the project.
  static var root: URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
      .standardizedFileURL
  }

  /// Runs it in a folder of its own that holds `files`.
  init(_ arguments: [String], files: [String: String] = [:], stdout path: String? = nil) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appending(path: name))
    }
    // Files, not pipes: a full pipe that nobody reads would make it wait.
    let out = folder.appending(path: ".out")
    let err = folder.appending(path: ".err")
    try Data().write(to: out)
    try Data().write(to: err)
    let process = Process()
    process.executableURL = Self.program
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(
      forWritingTo: path.map { URL(fileURLWithPath: $0) } ?? out)
    process.standardError = try FileHandle(forWritingTo: err)
    try process.run()
    process.waitUntilExit()
    output = try String(contentsOf: out, encoding: .utf8)
    messages = try String(contentsOf: err, encoding: .utf8)
    status = process.terminationStatus
  }
}
