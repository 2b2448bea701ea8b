import Expressions
import Records
import Testing

/// What people are told: the words, the place and the remedy.
struct MessageTests {
  /// `message @ what it points at [remedy]`
  private func message(_ text: String) -> String {
    var declarations = Declarations()
    declarations.declare("this", .dyn, hasFields: true)
    declarations.declare("nr", .int)
    declarations.declare("line", .string)
    let parameters = ValueMap([ValueMap.Entry("api", "http://h"), ValueMap.Entry("limit", 5)])
    declarations.declare("params", .map(.string, .dyn), value: .map(parameters))
    var needs = Needs()
    do {
      let program = try Expression.compile(text, declaring: declarations, needs: &needs)
      var evaluator = program.evaluator()
      let nothing: [UInt8] = []
      let slots = needs.slots.map { need -> Slot in
        switch need {
        case .variable("nr"): .value(7)
        case .field(_, let path) where path == ["word"]: .value("word")
        default: .missing
        }
      }
      return "\(try evaluator.evaluate(Slots(slots), in: nothing.span.bytes))"
    } catch let fault as ExpressionFault {
      return describe(fault.message, fault.range, fault.remedy, text)
    } catch let fault as EvaluationFault {
      return describe(fault.message, fault.range, nil, text)
    } catch {
      return "\(error)"
    }
  }

  private func describe(
    _ message: String, _ range: Range<Int>, _ remedy: String?, _ text: String
  ) -> String {
    let place = String(decoding: Array(text.utf8)[range], as: UTF8.self)
    return "\(message) @ \(place)" + (remedy.map { " [\($0)]" } ?? "")
  }

  @Test func `unknown names and functions come with what was meant`() {
    #expect(
      message("nginx")
        == "there is nothing called 'nginx' @ nginx "
        + "[As text it is '\"nginx\"'; as a field of the item it is this.nginx.]")
    #expect(
      message("lien.size()")
        == "there is nothing called 'lien' @ lien [did you mean 'line'? as text it is '\"lien\"']")
    #expect(
      message("this.a.startWith('x')")
        == "there is no function 'startWith' @ startWith [did you mean 'startsWith'?]")
    #expect(
      message("math.cell(1.5)")
        == "there is no function 'math.cell' @ cell [did you mean 'math.ceil'?]")
    #expect(
      message("params.apo") == "there is no 'params.apo' @ apo [did you mean 'params.api'?]")
    #expect(message("size") == "there is nothing called 'size' @ size [It is a function: size(…).]")
  }

  @Test func `types that do not fit are named`() {
    #expect(
      message("nr + line")
        == "'+' is not defined for int and string @ + [string(x) makes text of a value.]")
    #expect(
      message("line.size(1)")
        == "there is no string.size(int) @ size [It is called as size(string) or size(bytes) or "
        + "size(list(A)) or size(map(K, V)).]")
    #expect(
      message("nr && true")
        == "a condition is expected here, not an int @ nr "
        + "[A condition is true or false, as x == y is.]")
    #expect(message("nr == line") == "an int is never equal to a string @ ==")
    #expect(message("nr.a") == "an int has no field 'a' @ a")
  }

  @Test func `what is not written right is shown`() {
    #expect(message("") == "the expression is empty @ ")
    #expect(message("1 +") == "the expression ends where a value is expected @ ")
    #expect(
      message("nr = 1")
        == "'=' means nothing here @ = [Two values are compared with '=='.]")
    #expect(
      message("nr and true")
        == "and stands where an operator or the end is expected @ and "
        + "[Both of two conditions are asked with '&&'.]")
    #expect(message("(1") == "a closing ')' is missing @ (")
    #expect(message("'abc") == "the text that begins here has no closing ' @ 'abc")
    #expect(
      message("line.matches('(')").hasPrefix("the pattern is wrong at its character 2"))
    #expect(
      message("'\\d'")
        == "'\\d' is no escape @ \\d "
        + "[A backslash is written \\\\, or the text as r'…', where it means itself.]")
  }

  @Test func `failures of the evaluation have the place of what failed`() {
    #expect(message("1 + nr / 0") == "7 / 0: division by zero @ /")
    #expect(
      message("9223372036854775807 + nr")
        == "9223372036854775807 + 7 is outside of what int can hold @ +")
    #expect(message("[1, 2][nr]") == "there is no element 7: the list has 2 @ [nr]")
    #expect(message("this.user.name + 'x'") == "there is no 'this.user.name' @ this.user.name")
    #expect(message("int(this.word)") == "'word' is no whole number that an int can hold @ int")
    #expect(message("this.word.abs") == "there is no 'this.word.abs' @ this.word.abs")
    #expect(
      message("this.word ? 1 : 2").hasPrefix("a condition is expected here, and this is a string"))
  }
}
