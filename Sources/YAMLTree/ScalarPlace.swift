extension Node {
  /// The place of a byte of the scalar's text (its UTF-8 offset); the node's own for anything else.
  package func place(atOffset offset: Int) -> Place { place }
}
