import Records
import Testing

@testable import Expressions

/// The table of functions: what its manual shows is true.
struct FunctionTests {
  @Test(arguments: Function.chapters.flatMap { $0.functions.map(\.name) })
  func `the example of each function gives the result beside it`(name: String) throws {
    for chapter in Function.chapters {
      for function in chapter.functions where function.name == name {
        let value = try evaluated(function.example.expression)
        let result = try evaluated(function.example.result)
        #expect(value == result, "\(function.example.expression)")
        #expect(value.typeName == result.typeName)
      }
    }
  }

  @Test func `no two functions have the same name`() {
    #expect(Set(Function.names).count == Function.names.count)
  }

  @Test func `every function can be called in each of its forms`() {
    for chapter in Function.chapters.dropFirst() {
      for function in chapter.functions {
        for signature in function.parsedSignatures {
          #expect(
            function.takes(signature.parameters.count, isMethod: signature.isMethod),
            "\(function.name)")
        }
      }
    }
  }
}

/// The value of an expression that reads nothing, or only these variables.
func evaluated(
  _ text: String, _ variables: [String: Value] = [:], isChecked: Bool = true
) throws -> Value {
  var declarations = Declarations()
  for name in variables.keys.sorted() { declarations.declare(name, .dyn) }
  var needs = Needs()
  let program = try Expression.compile(
    text, declaring: declarations, needs: &needs, isChecked: isChecked)
  let slots = needs.slots.map { need -> Slot in
    guard case .variable(let name) = need, let value = variables[name] else { return .missing }
    return .value(value)
  }
  var evaluator = program.evaluator()
  let nothing: [UInt8] = []
  return try evaluator.evaluate(Slots(slots), in: nothing.span.bytes)
}
