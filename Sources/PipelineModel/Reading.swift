package import YAMLTree

/// One reading of a pipeline file, or of its tests: what is found wrong is collected, so that all of it can be
/// reported at once. A reading function returns nil where it has reported why.
package final class Reading {
  let catalogue: [StageManual]
  package private(set) var diagnostics: [Diagnostic] = []
  /// The pairs of `defaults`, read before the stages.
  var defaults: [Arguments.Entry] = []
  /// The files whose stages stand in one another, from the first one to this.
  var chain: [String] = []
  let uses: Uses
  /// The files used so far, those used by another before it, and where that is.
  var usedFiles: [(file: String, place: Place)] = []

  /// - Parameter files: reads the files of pipelines that are used.
  package init(catalogue: [StageManual], files: PipelineFiles? = nil) {
    self.catalogue = catalogue
    uses = Uses(files)
  }

  /// Of a file that a stage of another one uses.
  init(within outer: Reading, file: String) {
    catalogue = outer.catalogue
    uses = outer.uses
    chain = outer.chain + [file]
  }

  package func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  package func error(
    _ message: String, at place: Place, remedy: String? = nil, code: String = "invalid-value"
  ) {
    report(Diagnostic(message, at: place, remedy: remedy, code: code))
  }

  func warn(_ message: String, at place: Place, remedy: String? = nil, code: String) {
    report(Diagnostic(message, at: place, remedy: remedy, severity: .warning, code: code))
  }

  func manual(of kind: String) -> StageManual? { catalogue.first { $0.kind == kind } }

  /// In the order of the file, each thing once: an aliased mistake is one mistake.
  package var inOrder: [Diagnostic] {
    var seen: [Place: Set<String>] = [:]
    let once = diagnostics.filter { diagnostic in
      guard let place = diagnostic.place else { return true }
      return seen[place, default: []].insert(diagnostic.message).inserted
    }
    return once.enumerated().sorted { a, b in
      switch (a.element.place, b.element.place) {
      case (let x?, let y?) where x != y: x < y
      case (nil, _?): true
      case (_?, nil): false
      default: a.offset < b.offset
      }
    }.map(\.element)
  }
}
