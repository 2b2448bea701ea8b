private let access = "elastic_apache_logs.log"
private let logins = "elastic_auth.log"

/// Of the logs of a web server and of logins.
extension Question {
  static let ofLogs: [Question] = [
    Question(
      "how often each status is answered", access,
      pipeline: #"""
        stages:
          - {parse: combined, on_error: skip}
          - count: {by: this.status}
          - template: '{this.key} {this.count}'
          - sort
        """#,
      command: #"""
        grep -E '"$' | awk '{ n[$9]++ } END { for (s in n) print s, n[s] }' | LC_ALL=C sort
        """#),
    Question(
      "how many answers of each status every hour has", access,
      pipeline: #"""
        stages:
          - {parse: combined, on_error: skip}
          - count: {by: {hour: 'this.time.format("%Y-%m-%dT%H")', status: this.status}}
          - template: '{this.hour} {this.status} {this.count}'
          - sort
        """#,
      command: #"""
        grep -E '"$' | awk '{ split($4, t, /[\[\/:]/); n[t[4] "-05-" t[2] "T" t[5] " " $9]++ } \#
        END { for (h in n) print h, n[h] }' | LC_ALL=C sort
        """#),
    Question(
      "which ten hosts ask the most", access,
      pipeline: #"""
        stages:
          - cut: {fields: '1', delimiter: ' '}
          - count
          - template: '{this.count} {this.key}'
          - sort
          - sort: {numeric: true, descending: true}
          - head: 10
        """#,
      command: #"""
        cut -d' ' -f1 | LC_ALL=C sort | uniq -c | awk '{ print $1, $2 }' | \#
        LC_ALL=C sort -s -k1,1nr | head
        """#),
    Question(
      "how many bytes each method sends", access,
      pipeline: #"""
        stages:
          - {parse: combined, on_error: skip}
          - aggregate: {by: this.method, fields: {n: count(), sum: sum(this.size)}}
          - template: '{this.key} {this.n} {this.sum}'
          - sort
        """#,
      command: #"""
        grep -E '"$' | awk '{ m = substr($6, 2); n[m]++; if ($10 != "-") b[m] += $10 } \#
        END { for (m in n) printf "%s %d %.0f\n", m, n[m], b[m] }' | LC_ALL=C sort
        """#),
    Question(
      "which pages are not found, and how often", access,
      pipeline: #"""
        stages:
          - {parse: combined, on_error: skip}
          - filter: this.status == 404
          - count: {by: this.path}
          - template: '{this.count} {this.key}'
          - sort
        """#,
      command: #"""
        grep -E '"$' | awk '$9 == 404 { n[$7]++ } END { for (p in n) print n[p], p }' | LC_ALL=C sort
        """#),
    Question(
      "how many requests every six hours have", access,
      pipeline: #"""
        stages:
          - {parse: combined, on_error: skip}
          - aggregate: {fields: {n: count()}, window: {time: this.time, every: 6h, lateness: 24h}}
          - template: '{= string(this.window_start)} {this.n}'
        """#,
      command: #"""
        grep -E '"$' | awk '{ split($4, t, /[\[\/:]/); \#
        n[sprintf("%s-05-%sT%02d:00:00Z", t[4], t[2], int(t[5] / 6) * 6)]++ } \#
        END { for (w in n) print w, n[w] }' | LC_ALL=C sort
        """#),
    Question(
      "how many sessions with pauses under half an hour each host has", access,
      pipeline: #"""
        stages:
          - {parse: combined, on_error: skip}
          - sort: {by: this.time}
          - aggregate: {by: this.host, fields: {n: count()}, window: {time: this.time, gap: 30m}}
          - count: {by: this.key}
          - template: '{this.key} {this.count}'
          - sort
        """#,
      command: #"""
        grep -E '"$' | awk '{ split($4, t, /[\[\/:]/); \#
        print ((t[2] * 24 + t[5]) * 60 + t[6]) * 60 + t[7], $1 }' | LC_ALL=C sort -s -n -k1,1 | \#
        awk '!($2 in at) || $1 - at[$2] >= 1800 { n[$2]++ } { at[$2] = $1 } \#
        END { for (h in n) print h, n[h] }' | LC_ALL=C sort
        """#),
    Question(
      "which programs write to the log", logins,
      pipeline: #"""
        stages:
          - parse: syslog
          - count: {by: this.app}
          - template: '{this.key} {this.count}'
          - sort
        """#,
      command: #"""
        awk '{ sub(/(\[[0-9]+\])?:$/, "", $5); n[$5]++ } END { for (a in n) print a, n[a] }' | \#
        LC_ALL=C sort
        """#),
    Question(
      "from which addresses invalid users came", logins,
      pipeline: #"""
        stages:
          - filter: 'this.contains(": Invalid user ")'
          - parse: {regex: 'Invalid user (?<user>.*) from (?<address>\S+)'}
          - count: {by: this.address}
          - template: '{this.count} {this.key}'
          - sort
        """#,
      command: #"""
        sed -nE 's/.*: Invalid user .* from ([^ ]+).*/\1/p' | LC_ALL=C sort | uniq -c | \#
        awk '{ print $1, $2 }' | LC_ALL=C sort
        """#),
    Question(
      "which names the intruders tried most", logins,
      pipeline: #"""
        stages:
          - grep: ': Invalid user '
          - replace: {pattern: '.*Invalid user (.*) from.*', with: '$1'}
          - sort
          - count: {top: 10}
          - template: '{this.count} {this.key}'
        """#,
      command: #"""
        sed -nE 's/.*: Invalid user (.*) from.*/\1/p' | LC_ALL=C sort | uniq -c | \#
        LC_ALL=C sort -s -k1,1nr | head | sed 's/^ *//'
        """#),
    Question(
      "how many lines of the log every hour has", logins,
      pipeline: #"""
        stages:
          - parse: {as: syslog, year: 2015}
          - aggregate: {fields: {n: count()}, window: {time: this.time, every: 1h}}
          - map: 'timestamp(this.window_start).format("%m-%dT%H ") + string(this.n)'
        """#,
      command: #"""
        awk '{ m = index("JanFebMarAprMayJun", $1) / 3 + 1; h = sprintf("%02d-%02dT%s", m, $2, \#
        substr($3, 1, 2)); n[h]++ } END { for (h in n) print h, n[h] }' | LC_ALL=C sort
        """#),
  ]
}
