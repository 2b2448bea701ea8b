private let edits = "wikiticker_first8000.ndjson"

/// Of edits in JSON, one a line.
extension Question {
  static let ofEdits: [Question] = [
    Question(
      "how many edits each channel has", edits,
      pipeline: #"""
        input: json
        output: json
        stages: [{count: {by: this.channel}}, {sort: {by: this.key}}]
        """#,
      command: #"""
        jq -sc 'group_by(.channel)[] | {key: .[0].channel, count: length}'
        """#),
    Question(
      "which ten users edit most, robots apart", edits,
      pipeline: #"""
        input: json
        output: json
        stages:
          - filter: '!this.isRobot'
          - sort: {by: this.user}
          - count: {by: this.user, top: 10}
        """#,
      command: #"""
        jq -sc 'map(select(.isRobot | not)) | group_by(.user) \#
        | map({key: .[0].user, count: length}) | sort_by(-.count)[:10][]'
        """#),
    Question(
      "what is added and taken away in each namespace", edits,
      pipeline: #"""
        input: json
        output: json
        stages:
          - aggregate:
              by: {namespace: this.namespace}
              fields: {added: sum(this.added), deleted: sum(this.deleted), most: max(this.delta)}
          - sort: {by: this.namespace}
        """#,
      command: #"""
        jq -sc 'group_by(.namespace)[] | {namespace: .[0].namespace, added: (map(.added) | add), \#
        deleted: (map(.deleted) | add), most: (map(.delta) | max)}'
        """#),
    Question(
      "which countries unnamed edits came from", edits,
      pipeline: #"""
        input: json
        stages:
          - filter: this.isAnonymous && this.countryName != null
          - map: this.countryName
          - sort: {unique: true}
        """#,
      command: #"""
        jq -r 'select(.isAnonymous and .countryName != null).countryName' | LC_ALL=C sort -u
        """#),
    Question(
      "how many users each channel has", edits,
      pipeline: #"""
        input: json
        output: json
        stages:
          - aggregate: {by: this.channel, fields: {users: distinct(this.user)}}
          - sort: {by: this.key}
        """#,
      command: #"""
        jq -sc 'group_by(.channel)[] | {key: .[0].channel, users: (map(.user) | unique | length)}'
        """#),
    Question(
      "what the edits of a city are as a table", edits,
      pipeline: #"""
        input: json
        output: {format: csv, header: false}
        stages: [{filter: this.cityName != null}, {select: [page, cityName, delta]}]
        """#,
      command: #"""
        jq -r 'select(.cityName != null) | [.page, .cityName, .delta] | map(tostring \#
        | if test("[\",\n\r]") then "\"" + gsub("\""; "\"\"") + "\"" else . end) | join(",")'
        """#),
    Question(
      "how the sum of all changes runs up", edits,
      pipeline: #"""
        input: json
        stages: [{scan: {init: 0, step: state + this.delta}}]
        """#,
      command: #"""
        jq -n 'foreach inputs.delta as $d (0; . + $d)'
        """#),
    Question(
      "which pages the comments link to", edits,
      pipeline: #"""
        input: json
        stages:
          - flat_map: 'regex.extractAll(this.comment, "\\[\\[([^\\]|]+)")'
          - sort: {unique: true}
        """#,
      command: #"""
        jq -r '.comment | scan("\\[\\[([^\\]|]+)")[]' | LC_ALL=C sort -u
        """#),
    Question(
      "what each edit comes to, in a field of its own", edits,
      pipeline: #"""
        input: json
        output: json
        stages: [{set: {net: this.added - this.deleted}}]
        """#,
      command: #"""
        jq -c '.net = .added - .deleted'
        """#),
  ]
}
