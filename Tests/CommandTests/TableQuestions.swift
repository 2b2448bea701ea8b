private let passengers = "bokeh_titanic_all.csv"
private let makers = "ieee_oui36.csv"

/// Of people and makers in CSV.
extension Question {
  static let ofTables: [Question] = [
    Question(
      "how many of each class and sex survived", passengers,
      pipeline: #"""
        input: {format: csv, types: {survived: int}}
        output: csv
        stages:
          - aggregate:
              by: {class: this.class, sex: this.sex}
              fields: {count: count(), survived: sum(this.survived)}
        """#,
      command: #"""
        mlr --csv count-distinct -f class,sex,survived then \#
        put '$s = $survived * $count' then stats1 -a sum -f count,s -g class,sex then \#
        rename count_sum,count,s_sum,survived
        """#),
    Question(
      "what share of each class survived", passengers,
      pipeline: #"""
        input: {format: csv, types: {survived: int}}
        stages:
          - aggregate: {by: this.class, fields: {share: avg(this.survived)}}
          - template: '{this.key} {= "%.3f".format([this.share])}'
          - sort
        """#,
      command: #"""
        mlr --icsv --otsv --headerless-tsv-output cut -o -f class,survived | \#
        datamash -s -R 3 -g 1 mean 2 | awk '{ printf "%s %.3f\n", $1, $2 }' | LC_ALL=C sort
        """#),
    Question(
      "how old the passengers of each class were", passengers,
      pipeline: #"""
        input: {format: csv, types: {age: double}}
        stages:
          - filter: this.age != null
          - aggregate:
              by: this.class
              fields: {n: count(), least: min(this.age), mean: avg(this.age), most: max(this.age)}
          - map: '"%s|%d|%.2f|%.2f|%.2f".format([this.key, this.n, this.least, this.mean, this.most])'
          - sort
        """#,
      command: #"""
        sqlite3 :memory: -cmd '.import --csv /dev/stdin t' "select class, count(*), \#
        printf('%.2f', min(age + 0)), printf('%.2f', avg(age)), printf('%.2f', max(age + 0)) \#
        from t where age <> '' group by class order by class"
        """#),
    Question(
      "who were the ten oldest passengers", passengers,
      pipeline: #"""
        input: {format: csv, types: {age: double}}
        output: json
        stages:
          - filter: this.age != null
          - sort: {by: this.age, descending: true}
          - head: 10
          - select: [name]
        """#,
      command: #"""
        mlr --icsv --ojsonl filter '$age != ""' then sort -nr age then head -n 10 \#
        then cut -f name | jq -c .
        """#),
    Question(
      "how much the ages scatter", passengers,
      pipeline: #"""
        input: {format: csv, types: {age: double}}
        stages:
          - aggregate: {fields: {d: stddev(this.age), v: variance(this.age)}}
          - map: '"%.4f %.3f".format([this.d, this.v])'
        """#,
      command: #"""
        mlr --icsv --onidx filter '$age != ""' then cut -f age | \#
        datamash sstdev 1 svar 1 | awk '{ printf "%.4f %.3f\n", $1, $2 }'
        """#),
    Question(
      "which passengers travelled with a title of nobility", passengers,
      pipeline: #"""
        input: csv
        output: csv
        stages: [{filter: 'this.name.matches("Lady|Countess|Sir ")'}, {select: [name, survived]}]
        """#,
      command: #"""
        mlr --csv --quote-original filter '$name =~ "Lady|Countess|Sir "' then cut -f name,survived
        """#),
    Question(
      "what the passengers are as JSON", passengers,
      pipeline: #"""
        {input: csv, output: json, stages: [{skip: 0}]}
        """#,
      command: #"""
        mlr --icsv --ojsonl --infer-none cat | jq -c .
        """#),
    Question(
      "which makers hold the most assignments", makers,
      pipeline: #"""
        input: csv
        stages:
          - count: {by: 'this["Organization Name"]', top: 25}
          - template: '{this.key}|{this.count}'
        """#,
      command: #"""
        sqlite3 :memory: -cmd '.import --csv /dev/stdin t' 'select "Organization Name", count(*) \#
        from t group by 1 order by 2 desc, min(rowid) limit 25'
        """#),
    Question(
      "what the makers' table is with quotes where they must be", makers,
      pipeline: #"""
        {input: csv, output: tsv, stages: [{select: [Assignment, Organization Name]}]}
        """#,
      command: #"""
        mlr --icsv --otsv cut -o -f 'Assignment,Organization Name'
        """#),
  ]
}
