#!/bin/sh
# Two pipelines and the tools between them: what failed most, and which pages are down now.
# With set -e the status of each run decides whether there is a report at all, and -o gives no half
# of an answer to the next command.
#
#   $ sh pipelines/nightly-report.sh pipelines/data/access.log file://$PWD/pipelines/data/site
#   Failing requests:
#         3 500 GET /search?q=lamp
#         2 504 POST /checkout
#         1 503 POST /checkout
#         1 502 POST /checkout
#         1 500 GET /account
#   Pages that are down:
#   DOWN  contact.html
#
set -eu
log=$1
site=$2
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

streamline run "$here/log-triage.yaml" --until request -i "$log" -o "$work/failing"
streamline run "$here/check-urls.yaml" -q -p base="$site" -i "$here/data/pages.txt" -o "$work/pages"

echo 'Failing requests:'
sort "$work/failing" | uniq -c | sort -rn
echo 'Pages that are down:'
grep '^DOWN' "$work/pages" || echo '(none)'
