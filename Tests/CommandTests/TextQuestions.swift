private let logins = "elastic_auth.log"
private let words = "american-english.txt"
private let novel = "gutenberg_pg1661.txt"
private let characters = "UnicodeData.txt"

/// Of words, a novel and the table of characters.
extension Question {
  static let ofText: [Question] = [
    Question(
      "how many words begin with each letter", words,
      pipeline: #"""
        stages:
          - count: {by: 'this.lowerAscii().substring(0, 1)'}
          - filter: this.key.matches("^[a-z]$")
          - template: '{this.key} {this.count}'
          - sort
        """#,
      command: #"""
        awk '{ n[tolower(substr($0, 1, 1))]++ } \#
        END { for (l in n) if (l ~ /^[a-z]$/) print l, n[l] }' | LC_ALL=C sort
        """#),
    Question(
      "how long the words are: least, middle, nine of ten, most", words,
      pipeline: #"""
        stages:
          - aggregate:
              fields:
                least: min(bytes(this).size())
                middle: median(bytes(this).size())
                much: quantile(bytes(this).size(), 0.9)
                most: max(bytes(this).size())
          - map: '"%d %d %d %d".format([this.least, int(this.middle), int(this.much), this.most])'
        """#,
      command: #"""
        LC_ALL=C awk '{ print length($0) }' | sort -n | awk '{ l[NR] = $1 } \#
        END { print l[1], l[1 + int((NR - 1) / 2)], l[1 + int((NR - 1) * 0.9)], l[NR] }'
        """#),
    Question(
      "which thirty words the novel uses most", novel,
      pipeline: #"""
        stages:
          - grep: {pattern: '[A-Za-z]+', only_matching: true}
          - map: this.lowerAscii()
          - sort
          - count: {top: 30}
          - template: '{this.count} {this.key}'
        """#,
      command: #"""
        LC_ALL=C tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' | grep . | LC_ALL=C sort | uniq -c | \#
        LC_ALL=C sort -s -k1,1nr | head -n 30 | awk '{ print $1, $2 }'
        """#),
    Question(
      "how many characters each category has", characters,
      pipeline: #"""
        input: {format: csv, delimiter: ';', header: false}
        output: {format: tsv, header: false}
        stages: [{count: {by: 'this["3"]'}}, {sort: {by: this.key}}]
        """#,
      command: #"""
        LC_ALL=C datamash -s -t';' -g 3 count 1 | tr ';' '\t'
        """#),
    Question(
      "in which order processes stand by the numbers in their names", logins,
      pipeline: #"""
        stages:
          - grep: {pattern: 'ssh[a-z]*\[[0-9]+\]', only_matching: true}
          - sort: {natural: true, unique: true}
        """#,
      command: #"""
        grep -oE 'ssh[a-z]*\[[0-9]+\]' | LC_ALL=C sort -V -u
        """#),
  ]
}
