/// The names of the row before, in their order. The next row mostly has the same: one that is where it
/// was needs no check of its quotes and is not looked for among many. One worker's.
@safe
final class NamesBefore {
  private struct Name {
    /// The eight bytes from the quote on, those that are no part of the name masked; and the last
    /// eight, through the colon.
    var first: UInt64 = 0
    var mask: UInt64 = 0
    var middle: UInt64 = 0
    var last: UInt64 = 0
    /// From the quote through the colon; 0 if there is none.
    var length = 0
    var child = 0
    /// Its token, and how deep it is in lists and maps.
    var spot = 0
  }

  /// For names that are others than before.
  static let unknown = -2
  /// A row has so many, or the rest of them is not remembered.
  private static let most = 64
  private static let longest = 24

  private let names: UnsafeMutableBufferPointer<Name>

  init() {
    unsafe names = .allocate(capacity: NamesBefore.most)
    unsafe names.initialize(repeating: Name())
  }

  deinit { unsafe names.deallocate() }

  /// What was remembered with name `k`, if it stands at token `t` again with its colon right behind it;
  /// else `unknown`.
  @inline(__always)
  func child(_ k: Int, _ text: JSONText, _ t: Int) -> Int {
    guard k < NamesBefore.most, let name = unsafe names.baseAddress.map({ unsafe $0 + k }) else {
      return NamesBefore.unknown
    }
    let quote = text.token(t)
    let length = text.token(t &+ 1) &- quote &+ 1
    guard unsafe length == name.pointee.length,
      unsafe text.word(quote) & name.pointee.mask == name.pointee.first
    else { return NamesBefore.unknown }
    if length > 8 {
      guard unsafe text.word(quote &+ length &- 8) == name.pointee.last else {
        return NamesBefore.unknown
      }
      if length > 16 {
        guard unsafe text.word(quote &+ 8) == name.pointee.middle else {
          return NamesBefore.unknown
        }
      }
    }
    return unsafe name.pointee.child
  }

  /// Remembers where name `k` stands, which is the same as before.
  ///
  /// - Parameter depth: at most 1023.
  /// - Returns: 0 if it is where it was.
  @inline(__always)
  func drift(_ k: Int, _ t: Int, _ depth: Int) -> Int {
    guard let name = unsafe names.baseAddress.map({ unsafe $0 + k }) else { return -1 }
    let spot = t << 10 | depth
    defer { unsafe name.pointee.spot = spot }
    return unsafe name.pointee.spot ^ spot
  }

  /// Remembers the name at token `t`, which has been checked. One that is long, has an escape or does
  /// not have its colon right behind it is found in another way each time.
  func remember(_ k: Int, _ text: JSONText, _ t: Int, _ child: Int, depth: Int = 0) {
    guard k < NamesBefore.most else { return }
    let quote = text.token(t)
    let colon = text.token(t &+ 1)
    var name = Name()
    name.spot = t << 10 | depth
    if colon &- quote < NamesBefore.longest, text[colon &- 1] == UInt8(ascii: "\""),
      !(quote..<colon).contains(where: { text[$0] == UInt8(ascii: "\\") })
    {
      name.length = colon &- quote &+ 1
      name.mask = UInt64.max >> UInt64(8 &* max(0, 8 &- name.length))
      name.first = text.word(quote) & name.mask
      name.child = child
      if name.length > 8 { name.last = text.word(colon &- 7) }
      if name.length > 16 { name.middle = text.word(quote &+ 8) }
    }
    unsafe names[k] = name
  }
}
