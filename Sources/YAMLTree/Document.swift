/// One document of a YAML stream.
package struct Document: Sendable {
  package var root: Node
  /// Keys that a mapping has more than once, in the order of the file. The mapping itself keeps all
  /// pairs; what a second one means is for the reader of the tree to say.
  package var duplicateKeys: [DuplicateKey]
  /// Where the document begins.
  package var start: Mark
}

package struct DuplicateKey: Sendable {
  package var first: Node
  package var again: Node
}

/// What bounds a file, so that no small file takes much memory or a deep stack.
package struct ReadingBounds: Sendable {
  /// The file, in bytes.
  package var bytes = 4 << 20
  /// Lists and mappings in one another.
  package var depth = 128
  /// Nodes after aliases and merge keys are resolved.
  package var nodes = 100_000

  package init() {}
}

/// Why a text is no document. One sentence, and what might be right.
package struct ReadingFailure: Error, Sendable {
  package var message: String
  package var place: Place
  package var remedy: String?
}
