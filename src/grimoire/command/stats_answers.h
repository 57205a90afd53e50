// What the tests of the command stats say: text for people, JSON for programs.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "grimoire/stats/pca.h"
#include "grimoire/stats/power.h"
#include "grimoire/stats/regression.h"
#include "grimoire/stats/resample.h"

namespace grim {

using Lines = std::vector<std::pair<std::string, std::string>>;
using Values = std::span<const double>;

struct Answer {
  std::string text;
  Json json;
};

struct DesignMatrix {
  Tensor x;
  std::vector<double> y;
  std::vector<std::string> names, notes;
};

Answer show(const stats::TestResult& result);
Answer describe_answer(Values x);
Answer means_answer(Values x);
Answer ema_answer(Values x, double alpha);
// labels: of the groups; empty, they are numbered.
Answer tukey_answer(const stats::Groups& groups, const std::vector<std::string>& labels, double level, stats::Missing missing);
Answer bootstrap_answer(Values x, const stats::ResampleOptions& options, uint64_t seed);  // of the mean
Answer adjust_answer(Values p, const std::string& how);
Answer power_answer(const stats::PowerQuestion& question);
Answer entropy_answer(Values counts);
Answer divergence_answer(Values counts_p, Values counts_q);
Answer bayes_answer(Values prior, Values likelihood);
Answer interval_answer(double successes, double n, double level);
Answer regression_answer(const DesignMatrix& design, double level);
Answer glm_answer(stats::Family family, const DesignMatrix& design, double level);
Answer pca_answer(const DesignMatrix& design, int64_t components, stats::Scaling scaling);

}  // namespace grim
