/* output_json_origin.c - the part of the JSON that tells what was read, when and by what. */
#include "report/json_members.h"

/* All that two runs over the same file may differ in. write_s: of the rest of the document. */
void json_run(copse_text *out, const copse_profile *p, double write_s) {
  const struct run_facts *run = &p->run;
  const char *text = run->command;
  begin(out, "run", "{");
  word(out, "version", copse_version());
  begin(out, "command", "[");
  for (size_t i = 0; i < run->n_command; i++, text += strlen(text) + 1) {
    item(out);
    append_json(out, text, strlen(text));
  }
  raw(out, "]");
  key(out, "seed"); /* samples are drawn by the numbers of the rows */
  raw(out, "null");
  if (run->started[0] != '\0') word(out, "started", run->started);
  begin(out, "seconds", "{");
  number(out, "read", run->read_s);
  number(out, "stats", run->stats_s);
  number(out, "pairs", run->pairs_s);
  number(out, "write", write_s);
  raw(out, "}");
  count(out, "threads", (uint64_t)run->n_threads);
  count(out, "peak_bytes", copse_context_memory_peak(p->ctx));
  raw(out, "}");
}

void json_source(copse_text *out, const char *name, const struct source_facts *source,
                 copse_profile_values values) {
  static const char *const names[] = {"common", "full", "none"};
  const struct origin *from = source->origin;
  begin(out, name, "{");
  word(out, "path", source->path);
  count(out, "files", source->n_files);
  key(out, "bytes");
  if (from->sized)
    copse_text_appendf(out, "%" PRIu64, from->bytes);
  else
    raw(out, "null");
  key(out, "copse_hash");
  if (from->hashed)
    copse_text_appendf(out, "\"%016" PRIx64 "%016" PRIx64 "\"", from->hash[0], from->hash[1]);
  else
    raw(out, "null");
  word(out, "encoding", encoding_name(from->encoding));
  truth(out, "bom", from->marked);
  key(out, "delimiter");
  if (from->table)
    raw(out, "null");
  else
    append_json(out, &from->separator, 1);
  key(out, "quote");
  raw(out, from->table ? "null" : "\"\\\"\"");
  truth(out, "header", source->named);
  count(out, "rows", source->n_rows);
  count(out, "columns", source->n_columns);
  count(out, "bad_rows", 0); /* one ends the reading */
  word(out, "values", names[values]);
  raw(out, "}");
}
