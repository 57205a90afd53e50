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

// Two classes N(-1, 1) and N(+1, 1), equally likely. Columns: rows n, risk of k = 1, ln n, sqrt n, and the Bayes risk.
Experiment bayes_risk_of_neighbours(const ExperimentSettings& settings);
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

std::vector<std::string> experiment_names();
Experiment run_experiment(const std::string& name, const ExperimentSettings& settings);  // throws: usage, unknown name

}  // namespace grim
