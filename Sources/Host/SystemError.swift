import Glibc

/// An error number of the system with its usual words.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  package var number: Int32

  package init(_ number: Int32) { self.number = number }

  /// The error of the call just made on this thread.
  static var last: SystemError { SystemError(errno) }

  package var description: String {
    var text = [CChar](repeating: 0, count: 256)
    guard unsafe strerror_r(number, &text, text.count) == 0 else { return "error \(number)" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
