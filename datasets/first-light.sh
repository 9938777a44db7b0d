#!/bin/sh
# first-light.sh COPSE COPSE_DATASETS FOLDER - the main job: raw leads from the generator, a model with early
# stopping on a held-out part, predictions for that part with their metrics. Every command is printed first.
set -eu
copse=$1 datasets=$2
mkdir -p "$3"
cd "$3"

run() {
  printf '\n$ %s' "$(basename "$1")"
  for word in "$@"; do [ "$word" = "$1" ] || printf ' %s' "$word"; done
  printf '\n'
  "$@"
}

run "$datasets" leads rows=240000 seed=42 out=train.csv valid=held_out.csv fraction=0.2
run "$copse" train data=train.csv valid=held_out.csv label_column=name:app_complete_flag ignore_column=0,1 \
  categorical_feature=auto objective=binary metric=binary_logloss,auc num_iterations=500 \
  learning_rate=0.1 early_stopping_round=30 out=model.txt
run "$copse" predict model=model.txt data=held_out.csv metric=accuracy,auc,binary_logloss out=predictions.txt
