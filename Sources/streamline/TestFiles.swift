import Glibc
import PipelineModel
import PipelineRuntime
import PipelineTesting
import Stages

/// What tests ask of the file system.
enum TestFiles {
  static let finding = TestFinder.Files(
    read: { path throws(Diagnostic) in try read(path) }, list: FileList.yaml)

  static let surroundings = CaseSurroundings(
    messages: { plan, outcome in
      plan.setting.hidingSecrets(
        in: outcome.warnings.map(RunMessages.warning).joined()
          + RunMessages(plan, outcome, nil, status: outcome.exitStatus, .normal).text)
    },
    read: { path throws(Diagnostic) in try read(path) })

  private static func read(_ path: String) throws(Diagnostic) -> [UInt8] {
    do throws(CommandFailure) { return try FileText.read(path, limit: 1 << 30) } catch {
      throw Diagnostic("\(path) can not be read: \(FileText.words(errno))", code: "file")
    }
  }
}

/// The YAML files below a folder.
enum FileList {
  /// In the order of their names, those of a folder before those of the folders in it. Hidden ones
  /// are left out, and links to folders are not followed. Nil if the path is no folder.
  static func yaml(below path: String) -> [String]? {
    guard let names = names(in: path) else { return nil }
    let prefix = path == "." ? "" : path.hasSuffix("/") ? path : path + "/"
    let visible = names.filter { !$0.hasPrefix(".") }.sorted()
    let files = visible.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
    let inner = visible.filter { isFolder(prefix + $0) }.flatMap { yaml(below: prefix + $0) ?? [] }
    return files.map { prefix + $0 } + inner
  }

  private static func names(in path: String) -> [String]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return lstat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
  }
}

/// Text for a shell.
enum ShellText {
  /// As one word: in single quotes unless it is plain.
  static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || "_-./:=@%+,".utf8.contains(byte)
      }
    if isPlain { return text }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }
}
