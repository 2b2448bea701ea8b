package import PipelineModel
import YAMLTree

/// Finds the tests of files and folders: pipeline files with `tests`, and `*.test.yaml`.
package struct TestFinder {
  /// What the finder asks of the file system.
  package struct Files: Sendable {
    /// The bytes of a file, or why it can not be read.
    package var read: @Sendable (String) throws(Diagnostic) -> [UInt8]
    /// The YAML files below a folder, in order of their names; nil if the path is no folder.
    package var list: @Sendable (String) -> [String]?

    package init(
      read: @escaping @Sendable (String) throws(Diagnostic) -> [UInt8],
      list: @escaping @Sendable (String) -> [String]?
    ) {
      self.read = read
      self.list = list
    }
  }

  private let files: Files
  private let catalogue: [StageManual]
  package private(set) var suites: [TestSuite] = []
  package private(set) var diagnostics: [Diagnostic] = []
  private var found: Set<String> = []

  package init(_ files: Files, catalogue: [StageManual]) {
    self.files = files
    self.catalogue = catalogue
  }

  package static func isTestFile(_ path: String) -> Bool {
    path.hasSuffix(".test.yaml") || path.hasSuffix(".test.yml")
  }

  package mutating func find(_ paths: [String]) {
    for path in paths {
      if let inside = files.list(path) {
        for file in inside { add(file, isAsked: false) }
      } else {
        add(path, isAsked: true)
      }
    }
  }

  /// - Parameter isAsked: the file itself was named; else it may be one that has nothing to do with
  ///   pipelines.
  private mutating func add(_ path: String, isAsked: Bool) {
    guard found.insert(path).inserted else { return }
    do throws(Diagnostic) {
      let bytes = try files.read(path)
      if Self.isTestFile(path) {
        try addTestFile(path, bytes)
      } else {
        addPipeline(path, bytes, isAsked: isAsked)
      }
    } catch {
      diagnostics.append(error)
    }
  }

  private mutating func addPipeline(_ path: String, _ bytes: [UInt8], isAsked: Bool) {
    // A folder may hold any YAML; what does not begin as a pipeline is none.
    if !isAsked, !Self.looksLikePipeline(bytes) { return }
    let result = PipelineReader.read(
      bytes: bytes, file: path, catalogue: catalogue, files: files.read)
    diagnostics += result.errors
    guard let definition = result.definition, let tests = definition.tests else { return }
    let reading = Reading(catalogue: catalogue)
    var reader = CaseReader(definition, reading)
    let cases = reader.cases(tests)
    diagnostics += reading.inOrder
    suites.append(TestSuite(file: path, definition: definition, cases: cases))
  }

  private static func looksLikePipeline(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasPrefix("stages:") || text.contains("\nstages:")
  }

  private mutating func addTestFile(_ path: String, _ bytes: [UInt8]) throws(Diagnostic) {
    let reading = Reading(catalogue: catalogue)
    defer { diagnostics += reading.inOrder }
    guard let root = reading.root(Source(file: path, bytes: bytes)) else { return }
    guard let entries = root.mapping else {
      throw Diagnostic("a test file has 'pipeline' and 'tests'", at: root.place)
    }
    let keys = reading.arguments(entries, CaseTable.fileFields, of: "a test file", at: root.place)
    guard let pipeline = keys.argument("pipeline"), let name = pipeline.string,
      let tests = keys.argument("tests")?.node
    else { return }
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let file = name.hasPrefix("/") ? name : folder + name
    let pipelineBytes: [UInt8]
    do throws(Diagnostic) { pipelineBytes = try files.read(file) } catch {
      var error = error
      error.place = pipeline.place
      throw error
    }
    let result = PipelineReader.read(
      bytes: pipelineBytes, file: file, catalogue: catalogue, files: files.read)
    diagnostics += result.errors
    guard let definition = result.definition else { return }
    var reader = CaseReader(definition, reading)
    let cases = reader.cases(tests, defaults: keys.argument("defaults")?.node)
    suites.append(TestSuite(file: path, definition: definition, cases: cases))
  }
}
