private let airports = "vega_airports.csv"
private let postal = "geonames_US_postal.tsv"

/// Of airports in CSV and postal codes in TSV.
extension Question {
  static let ofPlaces: [Question] = [
    Question(
      "which states have the most airports", airports,
      pipeline: #"""
        input: csv
        stages:
          - count: {by: this.state, top: 10}
          - template: '{this.key}|{this.count}'
        """#,
      command: #"""
        sqlite3 :memory: -cmd '.import --csv /dev/stdin t' 'select state, count(*) from t \#
        group by state order by 2 desc, min(rowid) limit 10'
        """#),
    Question(
      "which airport lies farthest north in each state", airports,
      pipeline: #"""
        input: {format: csv, types: {latitude: double}}
        output: csv
        stages:
          - sort: {by: this.latitude, descending: true}
          - dedupe: {by: this.state}
          - select: [iata, state]
        """#,
      command: #"""
        mlr --csv sort -nr latitude then head -n 1 -g state then cut -f iata,state
        """#),
    Question(
      "where the airports' middle lies", airports,
      pipeline: #"""
        input: {format: csv, types: {latitude: double, longitude: double}}
        stages:
          - aggregate: {fields: {a: avg(this.latitude), o: avg(this.longitude)}}
          - map: '"%.5f %.5f".format([this.a, this.o])'
        """#,
      command: #"""
        mlr --icsv --otsv --headerless-tsv-output cut -o -f latitude,longitude | \#
        datamash -R 9 mean 1 mean 2 | awk '{ printf "%.5f %.5f\n", $1, $2 }'
        """#),
    Question(
      "in how many states and countries airports lie", airports,
      pipeline: #"""
        input: csv
        stages:
          - aggregate: {fields: {s: distinct(this.state), c: distinct(this.country)}}
          - template: '{this.s} {this.c}'
        """#,
      command: #"""
        mlr --icsv --otsv --headerless-tsv-output cut -o -f state,country | \#
        datamash -W countunique 1 countunique 2 | tr '\t' ' '
        """#),
    Question(
      "what the airports are called, joined by their codes", airports,
      pipeline: #"""
        input: csv
        output: csv
        stages:
          - select: [iata]
          - lookup: {file: '{env.CORPORA}/vega_airports.csv', key: this.iata, value: name}
            into: name
        """#,
      command: #"""
        mlr --csv join -j iata -f /dev/stdin then cut -o -f iata,name "$CORPORA/vega_airports.csv"
        """#),
    Question(
      "which twenty counties have the most postal codes", postal,
      pipeline: #"""
        stages:
          - cut: '5,6'
          - count: {top: 20}
          - template: '{this.count} {this.key}'
        """#,
      command: #"""
        cut -f5,6 | awk '!($0 in n) { at[$0] = NR } { n[$0]++ } \#
        END { for (k in n) print n[k] "\t" at[k] "\t" k }' | \#
        LC_ALL=C sort -t"$(printf '\t')" -k1,1nr -k2,2n | head -n 20 | sed 's/\t/ /;s/[0-9]*\t//'
        """#),
    Question(
      "where the postal codes of each state lie on the average", postal,
      pipeline: #"""
        input: {format: tsv, header: false, types: {'10': double}}
        stages:
          - aggregate: {by: 'this["5"]', fields: {n: count(), latitude: 'avg(this["10"])'}}
          - map: '"%s %d %.3f".format([this.key, this.n, this.latitude])'
          - sort
        """#,
      command: #"""
        datamash -s -R 9 -g 5 count 1 mean 10 | \#
        awk '{ printf "%s %d %.3f\n", $1, $2, $3 }' | LC_ALL=C sort
        """#),
    Question(
      "how many places of Alaska lie beyond the polar circle", postal,
      pipeline: #"""
        input: {format: tsv, header: false, types: {'10': double}}
        output: tsv
        stages:
          - filter: 'this["5"] == "AK" && this["10"] > 66.56'
          - select: ['2', '3']
        """#,
      command: #"""
        awk -F'\t' 'BEGIN { print "2\t3" } $5 == "AK" && $10 > 66.56 { print $2 "\t" $3 }'
        """#),
    Question(
      "what the airports are, read and written again", airports,
      pipeline: #"""
        {input: csv, output: csv, stages: [{skip: 0}]}
        """#,
      command: #"""
        mlr --csv cat
        """#),
  ]
}
