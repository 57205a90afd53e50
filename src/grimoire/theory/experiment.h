// Learning theory as things that can be run: each experiment answers one question with a table, a picture and a sentence.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "grimoire/report/chart.h"

namespace grim {

struct ExperimentSettings {
  uint64_t seed = 0;
  double effort = 1;                                      // scales repetitions; below 1 for a quick look
  std::function<bool(const std::string&)> progress = {};  // false stops
  void tell(const std::string& where) const;              // calls progress. throws: state, stopped
  int64_t repeats(int64_t usual, int64_t least) const;    // usual times effort, but not fewer
};

struct Experiment {
  std::string question;
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;
  std::vector<Chart> charts;
  std::string answer;
};

// E (y - g(x))^2 = bias^2 + variance + noise (Geman, Bienenstock, Doursat 1992), measured by fitting again and again on fresh
// samples of a bent line: polynomials of degree 0 to 9, and k-NN for k from 1 to 40. Columns: size, bias^2, variance, noise, their
// sum, measured error, its standard error.
Experiment bias_variance_of_polynomials(const ExperimentSettings& settings);
Experiment bias_variance_of_neighbours(const ExperimentSettings& settings);

// Two classes N(-1, 1) and N(+1, 1), equally likely, to 100,000 rows. Columns: rows n; risk of k-NN with k = 1, ln n, sqrt n, of the
// machine with a Gaussian kernel, of boosted trees, of a forest with leaves of sqrt n rows; the test's standard error; the Bayes risk.
Experiment bayes_risk_of_learners(const ExperimentSettings& settings);
// Exact risks of that problem: Bayes', Phi(-1); of k-NN (odd k) with endless data; Cover and Hart's bound 2 R (1 - R) on k = 1.
double bayes_risk();
double asymptotic_neighbour_risk(int64_t k);

// Wolpert 1996 counted: a domain of 8 points of which 4 are seen; every learner's accuracy on the others, averaged over all 256
// targets. Columns: learner number, average, best and worst target. The average is exactly 1/2 for every learner.
Experiment no_free_lunch();

// Volume of the ball in its cube; relative contrast (farthest - nearest) / nearest among uniform points (Beyer et al. 1999).
Experiment curse_of_dimensionality(const ExperimentSettings& settings);
double ball_in_cube(int64_t dimensions);
double relative_contrast(int64_t dimensions, int64_t points, uint64_t seed);  // median over 41 queries

// Checking against finding: steps of a verifier, of DPLL and of trying everything, on random 3-SAT at 4.26 clauses a variable.
Experiment p_versus_np(const ExperimentSettings& settings);

// A tanh network of 6 hidden layers at its start and a few hundred steps later. Columns: gain; BatchNorm and residuals (0 or 1); share
// of units beyond +-.97 in the first and the last hidden layer; deviation of what leaves the last; deviation of the gradient there
// over that behind the first; first loss; loss after training from a last layer at a tenth. Exact values for wide layers: wide_net.h.
Experiment initialisation(const ExperimentSettings& settings);

// The tent map T(x) = 2 min(x, 1 - x), applied k times: 2^k straight pieces (Telgarsky 2016). Columns: k, pieces counted, units of a deep
// net that is T^k exactly, its largest error, units that one hidden layer needs at least, and the root mean square errors of a deep and a
// shallow net of equally many parameters after training.
Experiment depth(const ExperimentSettings& settings);
double tents(double x, int64_t k);       // T^k; exact where x is a multiple of 2^-52 in [0, 1]
double deep_tents(double x, int64_t k);  // the same by a ReLU net of k layers of 2 units, layer after layer
int64_t tent_pieces(int64_t k);          // of deep_tents on [0, 1], counted

// m >= (ln |H| + ln 1/delta) / epsilon examples make every learner that fits them err more than epsilon at most delta of the time
// (Blumer et al. 1987). Columns: |H|, m, failures allowed, then those measured of three unlucky learners that fit: independent alarms
// (with their exact probability before), thresholds on a grid, conjunctions.
Experiment sample_size(const ExperimentSettings& settings);
int64_t sufficient_examples(double hypotheses, double epsilon, double delta);
enum class RuleClass { alarms, thresholds, conjunctions };
// Share of `repeats` samples of m examples on which the unlucky learner errs by more than .1; of conjunctions |H| is a power of 3.
double measured_failure(RuleClass rules, int64_t hypotheses, int64_t examples, int64_t repeats, uint64_t seed);
double alarm_failure(double hypotheses, double epsilon, int64_t examples);  // 1 - (1 - (1 - epsilon)^m)^(|H| - 1)

// Vapnik and Izmailov 2019: of the functions that fit, those with mean psi f = mean psi y. Columns: examples m, mean square error of
// the conditional probability without and with the invariants psi = 1 and psi = x, the difference, its standard error.
Experiment invariants(const ExperimentSettings& settings);
// How many of the 2^n functions from n points to {0, 1} have sum psi f = sum psi y for every predicate (a row of n values).
int64_t functions_kept(const std::vector<std::vector<double>>& predicates, const std::vector<double>& y);

std::vector<std::string> experiment_names();
Experiment run_experiment(const std::string& name, const ExperimentSettings& settings);  // throws: usage, unknown name

}  // namespace grim
