/* higgs.c - dense collision events in the manner of the HIGGS data (Baldi, Sadowski, Whiteson 2014): label,
 * 21 low-level columns (five objects and the missing energy) and 7 high-level ones (invariant masses).
 *
 * Both classes hold a W decaying to two light jets and a W decaying to lepton and neutrino; the signal adds a
 * resonance between the two b jets and between everything. All kinematics is our own toy: what matters is
 * that masses, which are non-linear in the low-level columns, carry most of the signal. */
#include <stdbool.h>

#include "generator.h"
#include "random.h"

#define PI 3.14159265358979323846

enum { LEPTON, JET1, JET2, JET3, JET4, N_OBJECTS };

struct momentum {
  double energy, x, y, z;
};

struct object {
  double pt, eta, phi;
};

static void write_header(const struct generator_settings *settings, struct line *line) {
  (void)settings;
  static const char *const names[] = {
      "label",     "lepton_pt",   "lepton_eta", "lepton_phi",  "missing_energy", "missing_energy_phi",
      "jet_1_pt",  "jet_1_eta",   "jet_1_phi",  "jet_1_b_tag", "jet_2_pt",       "jet_2_eta",
      "jet_2_phi", "jet_2_b_tag", "jet_3_pt",   "jet_3_eta",   "jet_3_phi",      "jet_3_b_tag",
      "jet_4_pt",  "jet_4_eta",   "jet_4_phi",  "jet_4_b_tag", "m_jj",           "m_jjj",
      "m_lv",      "m_jlv",       "m_bb",       "m_wbb",       "m_wwbb"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) line_text(line, names[i]);
}

static struct momentum momentum_of(const struct object *object) {
  double up = portable_exp(object->eta), down = 1.0 / up;
  struct momentum p;
  p.energy = object->pt * 0.5 * (up + down);
  p.x = object->pt * portable_cos(object->phi);
  p.y = object->pt * portable_cos(object->phi - 0.5 * PI);
  p.z = object->pt * 0.5 * (up - down);
  return p;
}

static struct momentum sum_of(struct momentum a, struct momentum b) {
  struct momentum p = {a.energy + b.energy, a.x + b.x, a.y + b.y, a.z + b.z};
  return p;
}

static double mass_of(struct momentum p) {
  double square = p.energy * p.energy - p.x * p.x - p.y * p.y - p.z * p.z;
  return square > 0 ? portable_sqrt(square) : 0.0;
}

static double bounded(double value, double low, double high) {
  return value < low ? low : value > high ? high : value;
}

/* A skewed positive momentum with mean near `scale`. */
static double draw_pt(struct random_stream *random, double scale) {
  return scale * bounded(portable_exp(0.5 * random_normal(random) - 0.125), 0.25, 6.0);
}

static struct object draw_object(struct random_stream *random, double scale, double spread) {
  struct object object;
  object.pt = draw_pt(random, scale);
  object.eta = bounded(spread * random_normal(random), -2.5, 2.5);
  object.phi = (2.0 * random_uniform(random) - 1.0) * PI;
  return object;
}

/* Rescales the second object so that the pair has this mass (as far as 0.15 <= pt <= 6 allows). */
static void pair_at_mass(const struct object *first, struct object *second, double mass) {
  struct momentum a = momentum_of(first), b = momentum_of(second);
  double now = mass_of(sum_of(a, b));
  if (now > 0) second->pt = bounded(second->pt * (mass / now) * (mass / now), 0.15, 6.0);
}

/* The tag is quantised as a tagger's output is; b jets pass the tight cut more often. */
static double draw_tag(struct random_stream *random, bool is_b) {
  double at = random_uniform(random);
  if (is_b) return at < 0.55 ? 2.0 : at < 0.75 ? 1.0 : 0.0;
  return at < 0.12 ? 2.0 : at < 0.25 ? 1.0 : 0.0;
}

static void draw_event(struct random_stream *random, bool signal, struct object objects[N_OBJECTS],
                       struct object *neutrino) {
  double boost = signal ? 1.06 : 1.0;
  objects[LEPTON] = draw_object(random, 0.95 * boost, 1.0);
  *neutrino = draw_object(random, 0.95 * boost, 1.0);
  pair_at_mass(&objects[LEPTON], neutrino, bounded(1.0 + 0.12 * random_normal(random), 0.3, 3.0));
  objects[JET1] = draw_object(random, 1.10 * boost, signal ? 0.92 : 1.0);
  objects[JET2] = draw_object(random, 1.00, 1.0);
  pair_at_mass(&objects[JET1], &objects[JET2], bounded(1.0 + 0.25 * random_normal(random), 0.3, 3.0));
  objects[JET3] = draw_object(random, 1.05 * boost, signal ? 0.92 : 1.0);
  objects[JET4] = draw_object(random, 0.95, 1.0);
  if (signal && random_uniform(random) < 0.76) {
    double mass = bounded(1.25 + 0.27 * random_normal(random), 0.3, 3.0);
    pair_at_mass(&objects[JET3], &objects[JET4], mass);
  }
}

static void write_row(const struct generator_settings *settings, uint64_t row, struct line *line) {
  struct random_stream random = random_start(settings->seed, row);
  bool signal = random_uniform(&random) < 0.53;
  struct object objects[N_OBJECTS], neutrino;
  draw_event(&random, signal, objects, &neutrino);
  line_integer(line, signal);
  line_decimal(line, objects[LEPTON].pt, 6);
  line_decimal(line, objects[LEPTON].eta, 6);
  line_decimal(line, objects[LEPTON].phi, 6);
  /* what is measured of the neutrino is smeared, its rapidity not at all */
  line_decimal(line, neutrino.pt * (1.0 + 0.02 * random_normal(&random)), 6);
  line_decimal(line, neutrino.phi, 6);
  struct momentum p[N_OBJECTS];
  for (int i = LEPTON; i < N_OBJECTS; i++) p[i] = momentum_of(&objects[i]);
  for (int i = JET1; i < N_OBJECTS; i++) {
    line_decimal(line, objects[i].pt, 6);
    line_decimal(line, objects[i].eta, 6);
    line_decimal(line, objects[i].phi, 6);
    line_decimal(line, draw_tag(&random, i >= JET3), 6);
  }
  struct momentum w_jets = sum_of(p[JET1], p[JET2]), b_pair = sum_of(p[JET3], p[JET4]);
  struct momentum w_lepton = sum_of(p[LEPTON], momentum_of(&neutrino)), wbb = sum_of(w_jets, b_pair);
  line_decimal(line, mass_of(w_jets), 6);
  line_decimal(line, mass_of(sum_of(w_jets, p[JET3])), 6);
  line_decimal(line, mass_of(w_lepton), 6);
  line_decimal(line, mass_of(sum_of(w_lepton, p[JET4])), 6);
  line_decimal(line, mass_of(b_pair), 6);
  line_decimal(line, mass_of(wbb), 6);
  line_decimal(line, mass_of(sum_of(wbb, w_lepton)), 6);
}

const struct generator generator_higgs = {
    .name = "higgs",
    .summary = "label and 28 dense features of collision events: 21 low-level, 7 derived masses",
    .header = write_header,
    .row = write_row,
    .numeric = true,
};
