import TestSupport
import Testing

@testable import streamline

/// What is drawn below the messages, on a screen.
struct FooterTests {
  @Test func `nothing is drawn before it is opened`() {
    var footer = Footer()
    #expect(footer.draw(["a"]) == "")
    #expect(footer.message("hello\n") == "hello\n")
    #expect(footer.close() == "")
  }

  @Test func `messages stand above the rows and stay when these are gone`() {
    var footer = Footer()
    var screen = Screen(columns: 20, rows: 6)
    screen.write("$ run\n")
    footer.open()
    screen.write(footer.draw(["the first", "two"]))
    #expect(screen.rows == ["$ run", "the first", "two"])
    screen.write(footer.message("hello\n"))
    #expect(screen.rows == ["$ run", "hello", "the first", "two"])
    screen.write(footer.draw(["1"]))
    #expect(screen.rows == ["$ run", "hello", "1"])
    screen.write(footer.close())
    #expect(screen.rows == ["$ run", "hello"])
    #expect(screen.cursor == (2, 0))
    screen.write(footer.message("bye\n"))
    #expect(screen.rows == ["$ run", "hello", "bye"])
    #expect(screen.faults == [])
  }

  @Test func `drawing at the bottom of a screen scrolls once and never again`() {
    var footer = Footer()
    var screen = Screen(columns: 20, rows: 4)
    screen.write("a\nb\nc\n")
    footer.open()
    for _ in 0..<10 { screen.write(footer.draw(["x", "y", "z"])) }
    #expect(screen.rows == ["c", "x", "y", "z"])
    #expect(screen.scrolled == ["a", "b"])
    for number in 0..<10 { screen.write(footer.message("\(number)\n")) }
    #expect(screen.rows == ["9", "x", "y", "z"])
    screen.write(footer.close())
    #expect(screen.rows == ["9"])
    #expect(screen.scrolled == ["a", "b", "c"] + (0..<9).map { "\($0)" })
    #expect(screen.faults == [])
  }

  @Test func `rows are not drawn once it is closed`() {
    var footer = Footer()
    footer.open()
    _ = footer.draw(["x"])
    _ = footer.close()
    #expect(footer.draw(["x"]) == "")
    footer.open()
    #expect(footer.draw(["x"]) != "")
  }
}
