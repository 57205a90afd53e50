#include "grimoire/classic/registry.h"

#include <algorithm>

#include "grimoire/base/error.h"

namespace grim {

const LearnerEntry* learner_entry(std::string_view name) {
  const auto* const found = std::ranges::find(kLearners, name, [](const LearnerEntry& e) { return std::string_view(e.name); });
  return found == std::end(kLearners) ? nullptr : found;
}

namespace {

const LearnerEntry& entry_named(const std::string& name) {
  if (const LearnerEntry* const e = learner_entry(name)) return *e;
  const std::vector<std::string> names = estimator_names();
  throw Error(ErrorKind::usage, str("no learner is called '{}'", name), did_you_mean(name, names, "the learners: " + joined(names)));
}

}  // namespace

std::unique_ptr<Estimator> make_estimator(const std::string& name) { return entry_named(name).make(); }

std::string estimator_summary(const std::string& name) { return entry_named(name).summary; }

std::vector<std::string> estimator_names() {
  std::vector<std::string> names;
  for (const LearnerEntry& e : kLearners) names.push_back(e.name);
  return names;
}

}  // namespace grim
