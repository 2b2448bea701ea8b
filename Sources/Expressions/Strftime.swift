import Records

/// The names that %a, %b and their like stand for, in the C locale.
enum TimeNames {
  static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]
}

/// A format of strftime(3), written.
struct Strftime {
  private let format: [UInt8]

  init(_ format: [UInt8]) { self.format = format }

  func format(_ time: Timestamp, in zone: TimeZone) throws(Problem) -> [UInt8] {
    let offset = zone.offset(at: time.seconds)
    let civil = CivilTime(time, offset: offset)
    var out: [UInt8] = []
    var position = 0
    while position < format.count {
      let c = format[position]
      position += 1
      guard c == UInt8(ascii: "%") else {
        out.append(c)
        continue
      }
      guard position < format.count else { throw Problem("the format ends with a single %") }
      let letter = format[position]
      position += 1
      if letter == UInt8(ascii: "%") {
        out.append(letter)
      } else if let digits = fraction(letter, &position, time) {
        out += digits.utf8
      } else {
        out += try Strftime.text(letter, civil, time, offset, zone).utf8
      }
    }
    return out
  }

  /// %f microseconds, %N nanoseconds, and %3N and so on that many digits.
  private func fraction(_ letter: UInt8, _ position: inout Int, _ time: Timestamp) -> String? {
    let digits = Int(time.nanoseconds).padded(9)
    switch letter {
    case UInt8(ascii: "f"): return String(digits.prefix(6))
    case UInt8(ascii: "N"): return digits
    case UInt8(ascii: "1")...UInt8(ascii: "9"):
      guard position < format.count, format[position] == UInt8(ascii: "N") else { return nil }
      position += 1
      return String(digits.prefix(Int(letter - 0x30)))
    default: return nil
    }
  }

  private static func text(
    _ letter: UInt8, _ civil: CivilTime, _ time: Timestamp, _ offset: Int, _ zone: TimeZone
  ) throws(Problem) -> String {
    if let text = date(letter, civil) ?? clock(letter, civil) { return text }
    let sign = offset < 0 ? "-" : "+"
    let minutes = Int(offset.magnitude) / 60
    switch UnicodeScalar(letter) {
    case "s": return String(time.seconds)
    case "z": return sign + (minutes / 60).padded(2) + (minutes % 60).padded(2)
    case "Z": return zone.abbreviation(at: time.seconds)
    case "n": return "\n"
    case "t": return "\t"
    default: throw Problem("the format has no %\(UnicodeScalar(letter))")
    }
  }

  private static func date(_ letter: UInt8, _ civil: CivilTime) -> String? {
    switch UnicodeScalar(letter) {
    case "Y": String(civil.year)
    case "C": (civil.year / 100).padded(2)
    case "y": (civil.year % 100).padded(2)
    case "m": civil.month.padded(2)
    case "d": civil.day.padded(2)
    case "e": civil.day.padded(2, with: " ")
    case "j": (civil.dayOfYear + 1).padded(3)
    case "a": String(TimeNames.days[civil.weekday].prefix(3))
    case "A": TimeNames.days[civil.weekday]
    case "b", "h": String(TimeNames.months[civil.month - 1].prefix(3))
    case "B": TimeNames.months[civil.month - 1]
    case "u": String((civil.weekday + 6) % 7 + 1)
    case "w": String(civil.weekday)
    case "G": String(civil.week.year)
    case "V": civil.week.number.padded(2)
    case "U": ((civil.dayOfYear + 7 - civil.weekday) / 7).padded(2)
    case "W": ((civil.dayOfYear + 7 - (civil.weekday + 6) % 7) / 7).padded(2)
    case "F": "\(civil.year)-\(civil.month.padded(2))-\(civil.day.padded(2))"
    case "D": "\(civil.month.padded(2))/\(civil.day.padded(2))/\((civil.year % 100).padded(2))"
    default: nil
    }
  }

  private static func clock(_ letter: UInt8, _ civil: CivilTime) -> String? {
    let hour = (civil.hour + 11) % 12 + 1
    switch UnicodeScalar(letter) {
    case "H": return civil.hour.padded(2)
    case "k": return civil.hour.padded(2, with: " ")
    case "I": return hour.padded(2)
    case "l": return hour.padded(2, with: " ")
    case "M": return civil.minute.padded(2)
    case "S": return civil.second.padded(2)
    case "p": return civil.hour < 12 ? "AM" : "PM"
    case "P": return civil.hour < 12 ? "am" : "pm"
    case "R": return "\(civil.hour.padded(2)):\(civil.minute.padded(2))"
    case "T":
      return "\(civil.hour.padded(2)):\(civil.minute.padded(2)):\(civil.second.padded(2))"
    default: return nil
    }
  }
}
