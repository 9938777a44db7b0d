#!/bin/sh
# first-light.sh COPSE COPSE_DATASETS RECIPE FOLDER - the main job, the lead-scoring case from end to end: raw leads
# from the generator -> tables in SQLite -> a model trained with its recipe, evaluated on leads held out -> new leads,
# without label, scored into the database -> a file that says how far they have drifted. Every command is printed
# first.
set -eu
copse=$1 datasets=$2 recipe=$3
mkdir -p "$4"
cd "$4"
cp "$recipe" "$(dirname "$recipe")"/*.csv .

run() {
  printf '\n$ %s' "$(basename "$1")"
  for word in "$@"; do [ "$word" = "$1" ] || printf ' %s' "$word"; done
  printf '\n'
  "$@"
}

run "$datasets" leads rows=240000 seed=42 out=raw.csv valid=held_out.csv fraction=0.2
run "$datasets" leads rows=20000 seed=43 out=answers.csv
printf '\n$ cut -d, -f1-45 answers.csv > new.csv\n'
cut -d, -f1-45 answers.csv >new.csv

run "$copse" prep run leads.recipe input=raw.csv db=leads.db
run "$copse" train recipe=leads.recipe data=raw.csv valid=held_out.csv label=name:app_complete_flag \
  categorical_feature=auto objective=binary metric=binary_logloss,auc num_leaves=31 learning_rate=0.1 \
  num_iterations=200 early_stopping_round=30 seed=42 out=model.txt
run "$copse" predict model=model.txt data=held_out.csv out=held_out.tsv
run "$copse" predict model=model.txt data=new.csv out=leads.db#predictions drift=drift.txt drift_threshold=0.25
run cat drift.txt
