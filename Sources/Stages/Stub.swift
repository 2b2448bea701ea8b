package import Lines
package import PipelineModel
package struct TeePlan: Sendable { package var path: Template; package var append: Bool; package var maxOpen: Int }
package struct Template: Sendable {
  package init(_ argument: Argument, _ setting: Setting) throws(Diagnostic) {}
  package var constant: String? { nil }
  package func render(_ item: Item) throws(Failure) -> [UInt8] { [] }
  package func renderPath(_ item: Item) throws(Failure) -> [UInt8] { [] }
}
package enum Grep {
  package static func predicate(_ a: Arguments, _ s: Setting) throws(Diagnostic) -> @Sendable () -> any Predicate { fatalError() }
}
package enum Catalogue {
  package static func build(_ d: StageDefinition, _ s: Setting) throws(Diagnostic) -> Work { fatalError() }
}
