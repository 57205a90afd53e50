#include "grimoire/theory/experiment.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {
namespace {

struct Entry {
  const char* name;
  Experiment (*run)(const ExperimentSettings&);
};
constexpr Entry kExperiments[] = {
    {"bias-variance", bias_variance_of_polynomials},
    {"bias-variance-knn", bias_variance_of_neighbours},
    {"bayes-risk", bayes_risk_of_learners},
    {"no-free-lunch", [](const ExperimentSettings&) { return no_free_lunch(); }},
    {"sample-size", sample_size},
    {"invariants", invariants},
    {"depth", depth},
    {"initialisation", initialisation},
    {"curse-of-dimensionality", curse_of_dimensionality},
    {"p-versus-np", p_versus_np},
};

}  // namespace

void ExperimentSettings::tell(const std::string& where) const {
  GRIM_CHECK(!progress || progress(where), state, "experiment", "stopped");
}

int64_t ExperimentSettings::repeats(int64_t usual, int64_t least) const {
  return std::max(least, static_cast<int64_t>(static_cast<double>(usual) * effort));
}

std::vector<std::string> experiment_names() {
  std::vector<std::string> names;
  for (const Entry& e : kExperiments) names.push_back(e.name);
  return names;
}

Experiment run_experiment(const std::string& name, const ExperimentSettings& settings) {
  for (const Entry& e : kExperiments)
    if (name == e.name) return e.run(settings);
  const std::vector<std::string> names = experiment_names();
  throw Error(ErrorKind::usage, str("no experiment is called '{}'", name), did_you_mean(name, names, "the experiments: " + joined(names)));
}

}  // namespace grim
