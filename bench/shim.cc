// shim.cc - the only C++ of the project: Google Benchmark behind the functions of shim.h.
#include "shim.h"

#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <string>

#include "machine.h"

// Seconds are the thread's CPU time, which other work on the machine hardly changes, or those of
// bench_set_seconds. The library's own rates would do, but it has no way to a ratio without a unit.
struct bench_state {
  benchmark::State &state;
  double start = 0, seconds = 0;
  bool running = false, timed = false;
};

static double now() {
  timespec at;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) + 1e-9 * static_cast<double>(at.tv_nsec);
}

static void start(bench_state *state) {
  state->running = true;
  state->start = now();
}

static void stop(bench_state *state) {
  if (state->running && !state->timed) state->seconds += now() - state->start;
  state->running = false;
}

static benchmark::internal::Benchmark *add(const char *name, bench_body body, const void *argument) {
  return benchmark::RegisterBenchmark(name, [body, argument](benchmark::State &state) {
    bench_state wrapped{state};
    body(&wrapped, argument);
  });
}

void bench_register(const char *name, bench_body body, const void *argument) { add(name, body, argument); }

void bench_register_timed(const char *name, bench_body body, const void *argument, int iterations) {
  add(name, body, argument)->UseManualTime()->Iterations(iterations);
}

bool bench_next(bench_state *state) {
  if (!state->state.KeepRunning()) {
    stop(state);
    return false;
  }
  if (!state->running) start(state);
  return true;
}

void bench_pause(bench_state *state) {
  stop(state);
  state->state.PauseTiming();
}

void bench_resume(bench_state *state) {
  state->state.ResumeTiming();
  start(state);
}

void bench_set_seconds(bench_state *state, double seconds) {
  state->timed = true;
  state->seconds += seconds;
  state->state.SetIterationTime(seconds);
}

void bench_fail(bench_state *state, const char *message) { state->state.SkipWithError(message); }

void bench_report(bench_state *state, const bench_work *work) {
  const machine *here = machine_measured();
  double floor_s = std::max(work->floor_cycles / here->clock_hz, work->floor_bytes / here->read_bytes_per_s);
  double seconds = state->seconds / static_cast<double>(state->state.iterations());
  auto &counters = state->state.counters;
  counters["items/s"] = work->items / seconds;
  if (work->bytes > 0) counters["bytes/s"] = work->bytes / seconds;
  counters["cycles/item"] = seconds * here->clock_hz / work->items;
  counters["floors"] = seconds / floor_s;
  state->state.SetLabel(std::string("floor: ") + work->floor);
}

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  const machine *here = machine_measured();
  benchmark::AddCustomContext("core clock GHz (dependent adds)", std::to_string(here->clock_hz / 1e9));
  benchmark::AddCustomContext("memory read GB/s (one core)", std::to_string(here->read_bytes_per_s / 1e9));
  benchmark::AddCustomContext("cycles of one division", std::to_string(here->division_cycles));
  bench_register_all();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
