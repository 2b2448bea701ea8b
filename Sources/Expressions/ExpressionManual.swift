/// What the manual of expressions says, for the man page and for `streamline manual expressions`.
package struct ExpressionManual: Sendable {
  package struct Entry: Sendable {
    package var name: String
    package var signatures: [String]
    package var summary: String
    /// An expression, and another one with the same value.
    package var example: (expression: String, result: String)
  }

  package struct Chapter: Sendable {
    package var title: String
    package var entries: [Entry]
  }

  /// Every macro and function there is.
  package static let chapters: [Chapter] = Function.chapters.map { chapter in
    Chapter(
      title: chapter.title,
      entries: chapter.functions.map {
        Entry(
          name: $0.name, signatures: $0.signatures, summary: $0.summary, example: $0.example)
      })
  }

  /// Each section's title and its paragraphs.
  package static let sections: [(title: String, paragraphs: [String])] = [
    (
      "Names",
      [
        """
        this is the item: a string until it is a record, whose fields are this.name or \
        this["any name"]. line is the input line the item came from, nr its number, file the file it \
        was read from, params.NAME a parameter and env.NAME an environment variable.
        """,
        """
        A field that is not there is a failure of the item. has(this.name) asks for it, \
        this.?name.orValue("-") and default(this.name, "-") give something in its place. \
        has(this.a.b) is false where this.a is missing, too.
        """,
      ]
    ),
    (
      "Values",
      [
        """
        null; true and false; int, as -5 or 0x1F, of 64 bits; uint, as 5u, without a sign; double, as \
        1.5 or 1e3; string, as "text" or 'text'; bytes, as b"text"; list, as [1, 2]; map, as {"a": 1}; \
        timestamp, as timestamp("2026-10-10T13:55:36Z"); duration, as duration("1m30s"); types, as int; \
        and optional values, as optional.of(1).
        """,
        """
        In strings \\n, \\t, \\\\, \\", \\x41, \\u20ac and \\U0001f431 are escapes; a string after r, as r"\\d", \
        has none; one between three quotes may have several lines. A string is bytes that are usually \
        UTF-8; a byte that is not counts as one character, and passes as it is.
        """,
        """
        Maps keep the order in which their keys were written. Keys are bool, int, uint and string; \
        1, 1u and 1.0 are the same key.
        """,
      ]
    ),
    (
      "Operators",
      [
        """
        From the loosest to the tightest: c ? a : b; ||; &&; == != < <= > >= and in; + and -; * / and %; \
        ! and - in front; .name, .?name, [index], [?index] and calls. They are left-associative.
        """,
        """
        Where one side of || is true or one side of && is false, that is the value, even if the \
        other side fails. Numbers of different types are compared as numbers. Arithmetic of an int \
        or uint with a double gives a double, which is an extension of the language; an int and a uint \
        do not mix. What an int or uint can not hold, and its division by zero, are failures; doubles \
        have NaN and infinity. + joins strings, bytes and lists, and reckons with timestamps and \
        durations. x in y asks for an element of a list or a key of a map.
        """,
        """
        .?name and [?index] give an optional value where something may be missing; behind one, .name \
        and [index] go on into it. [?x] and {?"a": x} leave out an optional without a value.
        """,
      ]
    ),
    (
      "Limits",
      [
        """
        Brackets are at most 100 deep and a tree of operators 200. A string has at most 256 MiB, a list \
        16777216 elements. The loops over one item take at most 100 million rounds and make at most \
        256 MiB. A pattern that takes too many steps on a text is a failure that says so.
        """
      ]
    ),
    (
      "Differences",
      [
        """
        The language is CEL, the Common Expression Language (https://cel.dev), with its optional types, \
        two-variable macros and the extensions strings, math, lists, sets, encoders, regex and \
        bindings, without messages and packages. Where the implementations of others differ among \
        themselves or from this one: int and double mix; sort and sortBy put numbers of different types \
        in order; [?index] takes a double that is whole; math.greatest and math.least look at their \
        arguments when they are evaluated; string(1.0 / 0.0) is Infinity and string(0.0 / 0.0) NaN; \
        string of a duration has no zeros at its end; maps are gone through in their written order; \
        a value with too many parts to be written can not be compared.
        """
      ]
    ),
  ]
}
